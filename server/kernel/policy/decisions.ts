import type { Database } from '../db/database.ts';
import { redact } from '../redact/redact.ts';
import type { CommandContext } from '../trpc/context.ts';
import type { Decision } from './combine.ts';
import type { Question } from './evaluate.ts';
import type { PolicyKind } from './kinds.ts';
import { type DecisionRow, insertDecisions, pruneDecisions } from './store.ts';

export interface Noted {
  at: Date;
  kind: PolicyKind;
  question: Question;
  decision: Decision | null;
}

interface Sample {
  seen: number;
  kept: Noted[];
}

/** So many of each kind between two writes; of more, each is as likely to be kept and stands for its share. */
const sampleSize = 100;
export const decisionsKeptHours = 24;
const samples = new WeakMap<Database, Map<PolicyKind, Sample>>();

/** Keeps what was asked and answered, so that a draft can be tried against it. Never waits, never fails the question. */
export function noteDecision(database: Database, noted: Noted): void {
  const byKind = samples.get(database) ?? new Map<PolicyKind, Sample>();
  samples.set(database, byKind);
  const sample = byKind.get(noted.kind) ?? { seen: 0, kept: [] };
  byKind.set(noted.kind, sample);
  sample.seen += 1;
  if (sample.kept.length < sampleSize) sample.kept.push(noted);
  else {
    const place = Math.floor(Math.random() * sample.seen);
    if (place < sampleSize) sample.kept[place] = noted;
  }
}

const rowOf = ({ at, kind, question, decision }: Noted, weight: number): DecisionRow => ({
  at,
  kind,
  tenantId: question.tenant ?? null,
  question: redact(question) as Question,
  effect: decision?.effect ?? 'none',
  under: (decision?.under ?? []).map(({ policy, version }) => ({ policy, version })),
  weight,
});

/** Writes down what was noted since the last time, with one digest for the batch; a day later it is gone. */
export async function writeDecisions(ctx: CommandContext): Promise<number> {
  const byKind = samples.get(ctx.database);
  samples.delete(ctx.database);
  const rows = [...(byKind?.values() ?? [])].flatMap(({ seen, kept }) =>
    kept.map(noted => rowOf(noted, seen / kept.length)),
  );
  const facts = rows.map(({ at, question, ...row }) => ({
    ...row,
    at: at.toISOString(),
    question: JSON.stringify(question),
  }));
  const now = ctx.clock.now();
  await ctx.record(
    { type: 'policy.decisions_recorded', target: { kind: 'policy_decisions', id: 'sample' } },
    facts,
    async tx => {
      await insertDecisions(tx, rows);
      await pruneDecisions(tx, new Date(now.getTime() - decisionsKeptHours * 3_600_000));
    },
  );
  return rows.length;
}
