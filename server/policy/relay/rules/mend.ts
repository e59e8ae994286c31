import type { PolicyKind } from '#kernel/policy/kinds.ts';
import type { HubKeys, LogEntry } from '../schema.ts';
import { applyEntry, type EdgeState, emptyEdge } from './edge.ts';
import { checkEntry } from './verify.ts';

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

export const beginMending = (
  pinned: { hub: string; keys: HubKeys; keysFrom?: number },
  damaged: EdgeState,
): Mending => ({
  state: {
    ...emptyEdge(pinned.hub, pinned.keys, pinned.keysFrom),
    region: damaged.region,
    labels: damaged.labels,
  },
  cursor: damaged.cursor,
  headHash: damaged.headHash,
});

export interface Mended {
  mending: Mending;
  /** Set once the log led to where this relay stood. */
  whole: EdgeState | null;
  /** What comes behind that place. */
  rest: readonly LogEntry[];
  refused: string | null;
  fork: string | null;
}

/** Each entry is taken at the time it was signed: what has expired since was active then, and is denied when asked. */
export function mendAlong(start: Mending, entries: readonly LogEntry[], damaged: EdgeState): Mended {
  const none = { whole: null, rest: [], refused: null, fork: null };
  let mending = start;
  for (const [i, entry] of entries.entries()) {
    const checked = checkEntry(entry, mending.state.keys);
    if (!checked.ok) return { ...none, mending, refused: checked.reason };
    const applied = applyEntry(mending.state, checked.value, new Date(checked.value.header.at));
    if (applied.outcome === 'fork') return { ...none, mending, fork: applied.reason };
    if (applied.outcome !== 'applied') continue;
    const { state } = applied;
    mending = { ...mending, state };
    if (state.cursor < mending.cursor) continue;
    if (state.headHash !== mending.headHash) {
      const fork = `Entry ${state.cursor} is not the one this relay has seen.`;
      return { ...none, mending, fork };
    }
    return { ...none, mending, whole: neverLower(state, damaged), rest: entries.slice(i + 1) };
  }
  return { ...none, mending };
}

/** Nothing that was refused before the damage is accepted after it. */
function neverLower(state: EdgeState, damaged: EdgeState): EdgeState {
  const highest = new Map(state.highest);
  for (const [policy, version] of damaged.highest)
    highest.set(policy, Math.max(highest.get(policy) ?? 0, version));
  return { ...state, highest, epoch: Math.max(state.epoch, damaged.epoch) };
}
