import { generateRegistrationOptions, verifyRegistrationResponse } from '@simplewebauthn/server';
import { env } from '#kernel/env/env.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { lastFactor, noSuchPasskey, passkeyKnown, passkeysImpossible, passkeyUnusable } from '../errors.ts';
import { mfaEvent } from '../events.ts';
import { mayRemove, type RelyingParty, relyingParty, userHandleOf } from '../rules.ts';
import type { Factors, Registration } from '../schema.ts';
import { lockedFactorCount, markMfa } from '../store/devices.ts';
import { deletePasskey, findHolder, insertPasskey, selectPasskeys } from '../store/passkeys.ts';
import { challengeMs, issueChallenge, spendChallenge } from './challenges.ts';
import { firstCodes, readFactors } from './factors.ts';
import { personOf, proveForEnrolment } from './person.ts';

function party(): RelyingParty {
  const found = relyingParty(env().publicUrl);
  if (!found.possible) throw passkeysImpossible(found.why);
  return found.rp;
}

/** Discoverable, so that it signs in without a name; user verification required, so that it counts as two factors. */
export async function beginPasskey(
  ctx: CommandContext,
  { name, currentPassword }: { name: string; currentPassword?: string | undefined },
) {
  const { userId } = personOf(ctx);
  const rp = party();
  await proveForEnrolment(ctx, currentPassword);
  const [known, holder] = await Promise.all([selectPasskeys(ctx.db, userId), findHolder(ctx.db, userId)]);
  const { challengeId, challenge } = await issueChallenge(ctx, userId, 'enrol');
  const options = await generateRegistrationOptions({
    rpName: 'ATOM Console',
    rpID: rp.id,
    userName: ctx.principal.name,
    userDisplayName: holder?.displayName ?? ctx.principal.name,
    userID: Uint8Array.from(userHandleOf(userId)),
    challenge: Uint8Array.from(challenge),
    timeout: challengeMs,
    attestationType: 'none',
    excludeCredentials: known.map(({ credentialId: id, transports }) => ({ id, transports })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
  await ctx.commit(mfaEvent('mfa.enrolment_started', userId, { passkey: name }), async () => {});
  return { challengeId, origin: rp.origin, options };
}

export async function confirmPasskey(
  ctx: CommandContext,
  input: { challengeId: string; name: string; response: Registration },
) {
  const { userId, sessionId } = personOf(ctx);
  const rp = party();
  const challenge = await spendChallenge(ctx, input.challengeId, userId, 'enrol');
  const { id, rawId, type, response } = input.response;
  const checked = await verifyRegistrationResponse({
    response: {
      id,
      rawId,
      type,
      response: { clientDataJSON: response.clientDataJSON, attestationObject: response.attestationObject },
      clientExtensionResults: {},
    },
    expectedChallenge: challenge.toString('base64url'),
    expectedOrigin: rp.origin,
    expectedRPID: rp.id,
    requireUserVerification: true,
  }).catch(() => null);
  if (!checked?.verified) throw passkeyUnusable();
  const { credential, credentialDeviceType } = checked.registrationInfo;
  const now = ctx.clock.now();
  const passkey = {
    id: uuidv7(now.getTime()),
    userId,
    name: input.name,
    credentialId: credential.id,
    publicKey: credential.publicKey,
    counter: credential.counter,
    transports: response.transports ?? [],
    synced: credentialDeviceType === 'multiDevice',
  };
  const event = mfaEvent('mfa.passkey_enrolled', userId, { credential: passkey.id, passkey: input.name });
  const recoveryCodes = await ctx.commit(event, async tx => {
    const codes = await firstCodes(tx, userId, now);
    if (!(await insertPasskey(tx, passkey, now))) throw passkeyKnown();
    await markMfa(tx, sessionId, now);
    return codes;
  });
  return { recoveryCodes };
}

export async function removePasskey(ctx: CommandContext, id: string): Promise<Factors> {
  const { userId } = personOf(ctx);
  await ctx.commit(mfaEvent('mfa.passkey_removed', userId, { credential: id }), async tx => {
    const state = await lockedFactorCount(tx, userId);
    if (!(await deletePasskey(tx, userId, id))) throw noSuchPasskey(id);
    if (!mayRemove(state)) throw lastFactor();
  });
  return readFactors(ctx);
}
