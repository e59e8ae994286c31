import type { Tx } from '#kernel/db/database.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { relayEvent } from '../events.ts';
import {
  addStrike,
  dropHoldings,
  findRelay,
  type Holding,
  relaysLetIn,
  relaysNotAdmitted,
  relaysSeenSince,
  replaceHoldings,
  type Sighting,
  type StoredRelay,
  saveHoldings,
  saveSightings,
  setRelayState,
  unknownVersions,
} from '../store/relays.ts';

export type { Holding, Sighting } from '../store/relays.ts';

export const relayById = (ctx: ReadContext, id: string): Promise<StoredRelay | null> => findRelay(ctx.db, id);

/** Of these, the ones that may not speak (any more). */
export const notAdmitted = (ctx: ReadContext, ids: readonly string[]) => relaysNotAdmitted(ctx.db, ids);

export const reachedLately = (ctx: ReadContext, since: Date): Promise<string[]> =>
  relaysSeenSince(ctx.db, since);

/** Everybody who may speak, whether they are connected or not. */
export const letIn = (ctx: ReadContext): Promise<string[]> => relaysLetIn(ctx.db);

/** True when the relay claims to have something active that was never published with that hash. */
export const activeOf = async (
  ctx: ReadContext,
  active: readonly { policy: string; version: number; hash: string }[],
): Promise<boolean> => active.length > 0 && (await unknownVersions(ctx.db, active)) > 0;

export interface Words {
  sightings: Map<string, Sighting>;
  holdings: Map<string, Holding>;
  dropped: { relayId: string; policyId: string }[];
  /** Whole lists, from hellos. */
  replaced: Map<string, Holding[]>;
}

/** Everything the relays said since the last batch, in four statements whatever their number. */
export async function saveWords(tx: Tx, words: Words): Promise<void> {
  for (const [id, list] of words.replaced) await replaceHoldings(tx, id, list);
  if (words.sightings.size > 0) await saveSightings(tx, [...words.sightings.values()]);
  if (words.holdings.size > 0) await saveHoldings(tx, [...words.holdings.values()]);
  if (words.dropped.length > 0) await dropHoldings(tx, words.dropped);
}

const strikesAllowed = 3;

/** Counts a lie or a broken signature; at the third the relay is set apart. True when it is now. */
export async function strike(ctx: CommandContext, id: string, reason: string): Promise<boolean> {
  const now = ctx.clock.now();
  let apart = false;
  await ctx.commit(
    (count: number) =>
      relayEvent(
        count >= strikesAllowed ? 'relay.quarantined' : 'relay.misbehaved',
        { kind: 'relay', id },
        { reason, strikes: count },
      ),
    async tx => {
      const count = await addStrike(tx, id, reason, now);
      if (count >= strikesAllowed)
        apart = await setRelayState(tx, id, ['admitted'], 'quarantined', reason, now);
      return count;
    },
  );
  return apart;
}
