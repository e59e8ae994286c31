import { type Answer, evaluate, type Question } from './evaluate.ts';
import type { PolicyContent, PolicyKind } from './kinds.ts';

export interface Held {
  content: PolicyContent;
  version: number;
  hash: string;
  epoch: number;
}

export interface Decision extends Answer {
  /** Which versions it was made under. */
  under: { policy: string; version: number; hash: string; epoch: number }[];
}

/** Whether a policy speaks for this tenant in this region. */
export const applies = ({ scope }: PolicyContent, question: Question): boolean =>
  (scope.tenant === undefined || scope.tenant === question.tenant) &&
  (scope.regions.length === 0 || question.region === undefined || scope.regions.includes(question.region));

const order = { deny: 0, approve: 1, limit: 2, allow: 3 } as const;

/**
 * A global policy and a tenant's own one of the same kind hold together: the stricter effect wins, the lower limit, the
 * shorter retention, the larger number of approvers. `null` = no policy of the kind speaks here.
 */
export function decide(kind: PolicyKind, held: readonly Held[], question: Question): Decision | null {
  const speaking = held.filter(h => h.content.kind === kind && applies(h.content, question));
  if (speaking.length === 0) return null;
  const answers = speaking.map(h => evaluate(h.content, question));
  const worst = answers.reduce((a, b) => (order[b.effect] < order[a.effect] ? b : a));
  const obligations: Answer['obligations'] = {};
  for (const answer of answers)
    for (const [name, value] of Object.entries(answer.obligations)) {
      const before = obligations[name];
      obligations[name] = before === undefined ? value : stricter(name, before, value);
    }
  return {
    effect: worst.effect,
    reasons: answers.flatMap(answer => answer.reasons),
    obligations,
    under: speaking.map(({ content, version, hash, epoch }) => ({
      policy: content.id,
      version,
      hash,
      epoch,
    })),
  };
}

function stricter(name: string, a: string | number | boolean, b: string | number | boolean) {
  if (typeof a === 'number' && typeof b === 'number')
    return name === 'approvers' ? Math.max(a, b) : Math.min(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return a || b;
  return a;
}
