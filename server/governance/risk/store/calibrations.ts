import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Bin, Knot } from '../rules/calibrate.ts';
import type { Ensemble } from '../rules/ensemble.ts';

export interface StoredCalibration {
  id: string;
  at: string;
  source: string;
  weights: Ensemble;
  knots: Knot[];
  report: { bins: Bin[]; error: number; rate: number };
  fitted: number;
  judged: number;
  brier: number;
  /** Brier score of always saying the base rate. */
  baseline: number;
  active: boolean;
}

const columns = 'id, at, source, weights, knots, report, fitted, judged, brier, baseline, active';

export const selectActiveCalibration = (db: ReadDb): Promise<StoredCalibration | null> =>
  db.one<StoredCalibration>({
    name: 'risk-calibration',
    sql: `select ${columns} from risk_calibration where active order by at desc, id desc limit 1`,
    parameters: [],
  });

export const selectCalibrations = (db: ReadDb): Promise<StoredCalibration[]> =>
  db.query<StoredCalibration>({
    name: 'risk-calibrations',
    sql: `select ${columns} from risk_calibration order by at desc, id desc limit 20`,
    parameters: [],
  });

/** The newest one is in force; the others stay to be looked at. */
export async function insertCalibration(tx: Tx, row: StoredCalibration): Promise<void> {
  if (row.active) await tx.riskCalibration.updateMany({ where: { active: true }, data: { active: false } });
  await tx.riskCalibration.create({
    data: {
      ...row,
      at: new Date(row.at),
      weights: row.weights as never,
      knots: row.knots as never,
      report: row.report as never,
    },
    select: { id: true },
  });
}
