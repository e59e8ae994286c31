import { randomBytes } from 'node:crypto';
import {
  generateAuthenticationOptions,
  type PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import { env } from '#kernel/env/env.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { challengeGone } from '../errors.ts';
import { relyingParty } from '../rules.ts';
import type { FactorMethod, FactorOptions, IssuedOptions } from '../schema.ts';
import { countRecoveryCodes, selectDevices } from '../store/devices.ts';
import { insertChallenge, selectPasskeys, takeChallenge } from '../store/passkeys.ts';
import type { ProveFrom } from './prove.ts';

/** Long enough to find the key in the drawer, short enough to be of no use to whoever finds the answer later. */
export const challengeMs = 3 * 60_000;
export type ChallengePurpose = 'enrol' | 'sign_in' | 'step_up' | 'connect';

export const passkeysPossible = (): boolean => relyingParty(env().publicUrl).possible;

type AskedPasskey = Pick<FactorOptions, 'passkey' | 'origin'>;

/** `allow` undefined: any passkey of this site will do, and says itself whose it is. */
async function askPasskey(
  challenge: Buffer,
  allow?: { credentialId: string; transports: string[] }[],
): Promise<AskedPasskey> {
  const party = relyingParty(env().publicUrl);
  if (!party.possible) return { passkey: null, origin: new URL(env().publicUrl).origin };
  const passkey: PublicKeyCredentialRequestOptionsJSON = await generateAuthenticationOptions({
    rpID: party.rp.id,
    challenge: Uint8Array.from(challenge),
    userVerification: 'required',
    timeout: challengeMs,
    ...(allow
      ? { allowCredentials: allow.map(({ credentialId: id, transports }) => ({ id, transports })) }
      : {}),
  });
  return { passkey, origin: party.rp.origin };
}

/** What a page needs to ask this person for a factor over a challenge that the caller made and keeps. */
export async function passkeyOptions(
  from: ProveFrom,
  userId: string,
  challenge: Buffer,
): Promise<FactorOptions> {
  const { db } = systemContext('mfa.ask', from.database, from.clock);
  const [passkeys, devices, codes] = await Promise.all([
    selectPasskeys(db, userId),
    selectDevices(db, userId),
    countRecoveryCodes(db, userId),
  ]);
  const usable = passkeys.filter(key => !key.suspectedAt);
  const asked = await askPasskey(challenge, usable);
  const passkey = usable.length > 0 ? asked.passkey : null;
  const methods: FactorMethod[] = [
    ...(passkey ? (['passkey'] as const) : []),
    ...(devices.some(d => d.confirmedAt) ? (['totp'] as const) : []),
    ...(codes > 0 ? (['recovery'] as const) : []),
  ];
  return { passkey, origin: asked.origin, methods };
}

/** For a challenge of our own, kept until it comes back or three minutes have gone. */
export async function issueOptions(
  from: ProveFrom,
  userId: string | null,
  purpose: ChallengePurpose,
): Promise<IssuedOptions> {
  const { challengeId, challenge } = await issueChallenge(from, userId, purpose);
  const options = userId
    ? await passkeyOptions(from, userId, challenge)
    : { ...(await askPasskey(challenge)), methods: ['passkey' as const] };
  return { challengeId, ...options };
}

export async function issueChallenge(from: ProveFrom, userId: string | null, purpose: ChallengePurpose) {
  const now = from.clock.now();
  const challenge = randomBytes(32);
  const id = uuidv7(now.getTime());
  const expiresAt = new Date(now.getTime() + challengeMs);
  await insertChallenge(from.database, { id, userId, purpose, challenge, expiresAt });
  return { challengeId: id, challenge };
}

/** Gone once asked for, whether the answer then holds or not. */
export async function spendChallenge(
  from: ProveFrom,
  challengeId: string,
  userId: string | null,
  purpose: ChallengePurpose,
): Promise<Buffer> {
  const now = from.clock.now();
  const challenge = await takeChallenge(from.database, { id: challengeId, userId, purpose, now });
  if (!challenge) throw challengeGone();
  return challenge;
}
