import { type Decision, decide } from '#kernel/policy/combine.ts';
import type { Question } from '#kernel/policy/evaluate.ts';
import type { PolicyKind } from '#kernel/policy/kinds.ts';
import { type EdgeState, expired, inDoubt } from './edge.ts';
import { serviceUnder } from './lease.ts';
import type { Damage } from './mend.ts';

export type EdgeDecision = Decision & { stale: boolean; epoch: number };

/** What a relay knows of itself at the moment it is asked. */
export interface Knowing {
  state: EdgeState;
  damaged: readonly Damage[];
  /** Whether the hub's word is still good. */
  fresh: boolean;
  staleForMs: number | null;
  now: Date;
}

/** `null` = no policy of the kind is active here for this question. */
export function decideAtEdge(knowing: Knowing, kind: PolicyKind, question: Question): EdgeDecision | null {
  const { state, now } = knowing;
  const { region, epoch } = state;
  const lost = knowing.damaged.find(d => d.active && (d.kind === null || d.kind === kind));
  if (lost) {
    const reason = `The policy ${lost.policy} is damaged on this relay and is not fetched again yet.`;
    return { effect: 'deny', reasons: [reason], obligations: {}, under: [], stale: true, epoch };
  }
  const asked = region !== null && question.region === undefined ? { ...question, region } : question;
  const held = [...state.active.values()].map(h => ({
    content: h.policy.content,
    version: h.version,
    hash: h.policy.hash,
    epoch: h.epoch,
  }));
  const decision = decide(kind, held, asked);
  if (!decision) return null;
  const denied = (reason: string, stale: boolean): EdgeDecision => ({
    ...decision,
    effect: 'deny',
    reasons: [reason],
    stale,
    epoch,
  });
  let stale = false;
  for (const { policy } of decision.under) {
    const content = state.active.get(policy)?.policy.content;
    if (!content) continue;
    if (expired(content.expires, now)) return denied(`The policy ${policy} has expired.`, stale);
    const fresh = knowing.fresh && !state.behind.has(policy) && !inDoubt(state, policy);
    const service = serviceUnder(content.staleness, fresh, knowing.staleForMs);
    if (!service.serve) return denied(service.reason, true);
    stale ||= service.stale;
  }
  return { ...decision, stale, epoch };
}
