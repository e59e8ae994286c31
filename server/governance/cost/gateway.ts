import type { ReadDb } from '#kernel/db/database.ts';
import { env } from '#kernel/env/env.ts';
import { realCosts } from './gateway.real.ts';
import { simulatedCosts } from './gateway.simulated.ts';
import type { UsageHistory } from './rules/rightsizing.ts';

export interface UsageQuestion {
  tenantId: string;
  service: string;
  from: number;
  to: number;
  stepMs: number;
}

/** Where bills and the use of what is billed come from. */
export interface CostSource {
  name: string;
  simulated: boolean;
  /** A whole day in FOCUS columns, the same whenever it is asked; null where bills only come by import. */
  bill(day: string): Promise<Record<string, string>[] | null>;
  /** What a service costs a day as it runs at that moment; null where only a bill can say. */
  runRate(tenantId: string, service: string, at: Date): Promise<number | null>;
  usage(question: UsageQuestion): Promise<UsageHistory>;
}

/** Prometheus makes the use real; without it both come from the simulated world. */
export const costSource = (db: ReadDb, now: Date): CostSource => {
  const url = env().connected('PROM_URL');
  return url === undefined ? simulatedCosts(db, now) : realCosts(url);
};
