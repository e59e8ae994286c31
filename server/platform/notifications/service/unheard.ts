import type { JobRequest } from '#kernel/ledger/event.ts';

type Unheard = (groupKey: string) => JobRequest | null;

const listeners = new Map<string, Unheard>();

/**
 * What a system wants done when a message of its own reached nobody outside the console. It goes into the commit that
 * says so, like everything that follows from a change.
 */
export function whenUnheard(system: string, job: Unheard): void {
  listeners.set(system, job);
}

export const jobsOfUnheard = (groupKey: string): JobRequest[] =>
  [...listeners.values()].flatMap(job => job(groupKey) ?? []);
