import type { EvidenceEvent, RiskEvidence } from './evidence.ts';
import { signsOf } from './signals.ts';

export interface Subject {
  service: string;
  /** Where the name was found; a name that the console's register does not hold is never taken. */
  from: 'risk' | 'events' | 'register';
}

/**
 * Which service a risk of the whole tenant is about: what the recognised events name most weightily, or else the first of
 * the register, which lists the one most in need first.
 */
export function subjectOf(
  risk: Pick<RiskEvidence, 'service' | 'contributions'>,
  events: readonly EvidenceEvent[],
  register: readonly string[],
  about: { now: string; windowMinutes: number },
): Subject | null {
  if (risk.service !== null)
    return register.includes(risk.service) ? { service: risk.service, from: 'risk' } : null;
  const cited = new Set(risk.contributions.flatMap(c => c.eventIds));
  const weights = new Map<string, number>();
  for (const { event, weight } of signsOf(events, { ...about, service: null, cited }))
    if (event.service !== null && register.includes(event.service))
      weights.set(event.service, (weights.get(event.service) ?? 0) + weight);
  const [named] = [...weights].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  if (named) return { service: named[0], from: 'events' };
  const [first] = register;
  return first === undefined ? null : { service: first, from: 'register' };
}
