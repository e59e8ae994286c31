import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { env } from '#kernel/env/env.ts';
import { familyOf, publicPem } from '#kernel/signing/algorithm.ts';
import type { TrustedKey } from '#kernel/signing/hybrid.ts';
import { activeSigners, signersOf, trustedKeys } from '#kernel/signing/signer.ts';
import type { HubKeys } from '#server/policy/relay/schema.ts';
import type { HubSigning } from './signing.ts';

/** The hub's name; a relay pins it together with the keys. */
export const hubName = (): string => `${new URL(env().publicUrl).host}/atom-policy-hub`;

const usable = (key: TrustedKey, now: Date) => !key.revokedAt && (!key.verifyUntil || key.verifyUntil > now);

const pinned = (keys: readonly TrustedKey[]): HubKeys => {
  const of = (family: ReturnType<typeof familyOf>) =>
    keys
      .filter(key => familyOf(key.algorithm) === family)
      .map(({ id, key }) => ({ id, pem: publicPem(key) }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, 8);
  return { classical: of('classical'), postQuantum: of('post-quantum') };
};

/** The hub signs with the console's keys for artefacts. */
export const consoleSigning = (database: Database, clock: Clock): HubSigning => ({
  hub: hubName(),
  keys: async () => {
    await activeSigners(database, clock); // makes the first keys where there are none yet
    return pinned((await trustedKeys(database)).filter(key => usable(key, clock.now())));
  },
  revoked: async () => (await trustedKeys(database)).filter(key => key.revokedAt).map(key => key.id),
  // A set that relays pinned before is left with its own last keys: nobody else's word would be taken for the change.
  signers: async among => {
    const active = await activeSigners(database, clock);
    if (!among || active.every(s => among.includes(s.keyid))) return active;
    return signersOf(database, clock, among);
  },
});
