import { writeReport } from '#kernel/reports/reports.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { activeSigners } from '#kernel/signing/signer.ts';
import { fileSignature, signStatement } from '#kernel/signing/statement.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { checksOf, verdictOf } from '../rules/game-day.ts';
import type { Scenario } from '../rules/scenarios.ts';
import type { GameDayRecord } from '../schema/game-days.ts';
import type { Verdict } from '../schema/judgement.ts';
import type { StoredGameDay } from '../store/game-days.ts';

export const reportFile = (id: string) => `gameday_${id}.json`;

export interface Sealed {
  verdict: Verdict;
  report: string;
  envelope: object;
  digestOf: string;
}

type Told = Pick<
  StoredGameDay,
  'id' | 'scenario' | 'targetKind' | 'targetId' | 'intensity' | 'minutes' | 'mode'
>;

/** The whole of it in one document, signed over exactly its bytes: `atom verify` checks it without the console. */
export async function sealGameDay(
  ctx: CommandContext,
  day: Told & { requestedBy: string },
  scenario: Scenario,
  record: GameDayRecord,
): Promise<Sealed> {
  const checks = checksOf(scenario, record);
  const verdict = verdictOf(checks);
  const name = reportFile(day.id);
  const content = canonicalBytes({
    v: 1,
    kind: 'game-day',
    id: day.id,
    scenario: day.scenario,
    title: scenario.title,
    target: { kind: day.targetKind, id: day.targetId },
    intensity: day.intensity,
    minutes: day.minutes,
    mode: day.mode,
    requested_by: day.requestedBy,
    simulated: true,
    signal: { name: scenario.signal.name, unit: scenario.signal.unit },
    record,
    checks,
    verdict,
  });
  const signers = await activeSigners(ctx.database, ctx.clock);
  const envelope = await signStatement(signers, [{ name, content }], fileSignature, {
    signedAt: ctx.clock.now().toISOString(),
  });
  const report = Buffer.from(content).toString('utf8');
  return { verdict, report, envelope, digestOf: name };
}

/** Beside the other reports, for whoever verifies files; the console itself keeps it in its database. */
export function writeGameDay(sealed: Sealed): void {
  writeReport(sealed.digestOf, sealed.report);
  writeReport(`${sealed.digestOf}.dsse.json`, `${JSON.stringify(sealed.envelope)}\n`);
}
