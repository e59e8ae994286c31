import type { Decision, Held } from '#kernel/policy/combine.ts';
import type { Question } from '#kernel/policy/evaluate.ts';
import type { PolicyContent } from '#kernel/policy/kinds.ts';

export interface Recorded {
  at: string;
  question: Question;
  /** How many questions this one stands for. */
  weight: number;
}

export type Outcome = 'allow' | 'deny' | 'approve' | 'limit' | 'none';

export interface Changed {
  at: string;
  question: Question;
  from: Outcome;
  to: Outcome;
  /** Only what has to be observed changed, e.g. a limit or a number of days. */
  obligations: boolean;
  reasons: string[];
}

export interface DryRun {
  /** What the sample stands for, and how many of it were replayed. */
  recorded: number;
  replayed: number;
  changed: number;
  denied: number;
  admitted: number;
  transitions: { from: Outcome; to: Outcome; count: number }[];
  examples: Changed[];
}

const exampleCount = 5;
type Decide = (held: readonly Held[], question: Question) => Decision | null;

/** As if the draft were active in the place of whatever has its id now. */
export const withDraft = (held: readonly Held[], content: PolicyContent): Held[] => [
  ...held.filter(h => h.content.id !== content.id),
  { content, version: 0, hash: 'draft', epoch: 0 },
];

/** What was asked before, answered under what is active now and under the draft: the difference is the draft's alone. */
export function dryRun(
  recorded: readonly Recorded[],
  before: readonly Held[],
  after: readonly Held[],
  decide: Decide,
): DryRun {
  let total = 0;
  let changed = 0;
  const transitions = new Map<string, { from: Outcome; to: Outcome; count: number }>();
  const examples: Changed[] = [];
  const shown = new Set<string>();
  for (const { at, question, weight } of recorded) {
    total += weight;
    const [was, is] = [decide(before, question), decide(after, question)];
    const [from, to] = [was?.effect ?? 'none', is?.effect ?? 'none'] as const;
    const obligations = from === to && sorted(was?.obligations) !== sorted(is?.obligations);
    if (from === to && !obligations) continue;
    changed += weight;
    const key = `${from} ${to}`;
    const transition = transitions.get(key) ?? { from, to, count: 0 };
    transition.count += weight;
    transitions.set(key, transition);
    // The same question asked a hundred times is one example.
    const asked = `${key} ${JSON.stringify(Object.entries(question).toSorted())}`;
    if (examples.length < exampleCount && !shown.has(asked)) {
      shown.add(asked);
      examples.push({ at, question, from, to, obligations, reasons: is?.reasons ?? [] });
    }
  }
  const all = [...transitions.values()];
  const sum = (of: typeof all) => Math.round(of.reduce((n, t) => n + t.count, 0));
  return {
    recorded: Math.round(total),
    replayed: recorded.length,
    changed: Math.round(changed),
    denied: sum(all.filter(t => t.to === 'deny' && t.from !== 'deny')),
    admitted: sum(all.filter(t => t.from === 'deny' && t.to !== 'deny')),
    transitions: all
      .map(t => ({ ...t, count: Math.round(t.count) }))
      .toSorted((a, b) => b.count - a.count || (a.from < b.from ? -1 : 1)),
    examples,
  };
}

const sorted = (obligations: Decision['obligations'] | undefined) =>
  JSON.stringify(Object.entries(obligations ?? {}).toSorted());
