import type { PolicyKind } from '#kernel/policy/kinds.ts';
import type { HubKeys } from '../schema.ts';
import { applyEntry, type CheckedEntry, type EdgeState, emptyEdge } from './edge.ts';

/** A policy on this relay's disk that does not hold any more. Its kind is known where its statement still verifies. */
export interface Damage {
  policy: string;
  version: number;
  kind: PolicyKind | null;
  active: boolean;
  reason: string;
}

/**
 * The log read again from its beginning, with the keys that were pinned at the join. The chain of hashes has to lead to
 * the very entry this relay stood at: so neither the hub nor anybody between can use the repair to tell another history.
 */
export interface Mending {
  state: EdgeState;
  cursor: number;
  headHash: string;
}

export const beginMending = (pinned: { hub: string; keys: HubKeys }, damaged: EdgeState): Mending => ({
  state: {
    ...emptyEdge(pinned.hub, pinned.keys),
    region: damaged.region,
    labels: damaged.labels,
  },
  cursor: damaged.cursor,
  headHash: damaged.headHash,
});

export type MendStep =
  | { outcome: 'more'; mending: Mending }
  | { outcome: 'whole'; state: EdgeState }
  | { outcome: 'skip' }
  | { outcome: 'fork'; reason: string };

/** Each entry is taken at the time it was signed: what has expired since was active then, and is denied when asked. */
export function mendStep(mending: Mending, entry: CheckedEntry, damaged: EdgeState): MendStep {
  const applied = applyEntry(mending.state, entry, new Date(entry.header.at));
  if (applied.outcome === 'fork') return applied;
  if (applied.outcome !== 'applied') return { outcome: 'skip' };
  const { state } = applied;
  if (state.cursor < mending.cursor) return { outcome: 'more', mending: { ...mending, state } };
  if (state.headHash !== mending.headHash)
    return { outcome: 'fork', reason: `Entry ${state.cursor} is not the one this relay has seen.` };
  // Nothing that was refused before the damage is accepted after it.
  const highest = new Map(state.highest);
  for (const [policy, version] of damaged.highest)
    highest.set(policy, Math.max(highest.get(policy) ?? 0, version));
  return { outcome: 'whole', state: { ...state, highest, epoch: Math.max(state.epoch, damaged.epoch) } };
}
