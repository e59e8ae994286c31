import { createHash } from 'node:crypto';
import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import { lockedUntil } from '#kernel/auth/session.ts';
import { recoveryHash } from '#kernel/auth/tokens.ts';
import { acceptedStep } from '#kernel/auth/totp.ts';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { env } from '#kernel/env/env.ts';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { takeToken } from '#kernel/http/rate-limit.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import {
  accountClosed,
  factorLocked,
  methodNotEnough,
  passkeyRefused,
  passkeySuspected,
  passkeysImpossible,
  wrongCode,
} from '../errors.ts';
import { mfaEvent } from '../events.ts';
import { refusalOf, relyingParty, userIdOf } from '../rules.ts';
import {
  type Assertion,
  type FactorMethod,
  type FactorProof,
  factorMethods,
  factorProof,
} from '../schema.ts';
import { selectDevices, takeRecoveryCode, takeStep } from '../store/devices.ts';
import {
  clearFactorFailures,
  countFactorFailure,
  findHolder,
  findPasskey,
  lockFactors,
  type PasskeyRow,
  spendProof,
  suspectPasskey,
  usePasskey,
} from '../store/passkeys.ts';
import { securityMessages } from './messages.ts';
import { secretOf } from './secret.ts';

export interface ProveFrom {
  database: Database;
  clock: Clock;
}

export interface ProofPurpose {
  /** What a passkey signs: at least 32 bytes that nobody else asked for. The caller keeps it and spends it once. */
  challenge: Buffer;
  /** Which methods this is enough for; without it any will do. */
  enough?: readonly FactorMethod[];
}

export interface Proved {
  method: FactorMethod;
  /** The passkey or device that answered; a recovery code has none. */
  credentialId?: string;
}

/**
 * The one place that decides whether a second factor was really given. Each proof holds once: a code's time step or
 * recovery code is spent, and of a passkey the signed challenge. Codes can be guessed, so wrong ones lock the factors of
 * this person for a while; wrong answers of passkeys are recorded and refused.
 */
export async function proveFactor(
  from: ProveFrom,
  userId: string,
  purpose: ProofPurpose,
  given: FactorProof,
): Promise<Proved> {
  const { database, clock } = from;
  const now = clock.now();
  if (purpose.challenge.length < 32) throw new Error('A challenge has at least 32 bytes.');
  const proof = factorProof.safeParse(given).data;
  if (!proof) throw passkeyRefused('malformed');
  const enough = purpose.enough ?? factorMethods;
  if (!enough.includes(proof.kind)) throw methodNotEnough(enough);
  // A signature is not guessed: an approver with a full inbox must not be slowed down by the limit for codes.
  if (proof.kind === 'passkey')
    await takeToken(database, `passkey:${userId}`, { capacity: 60, perSecond: 1 }, now);
  else await takeToken(database, `mfa:${userId}`, { capacity: 10, perSecond: 0.05 }, now);
  const ctx = actingAs(from, userId);
  const holder = await findHolder(ctx.db, userId);
  if (holder?.state !== 'active') throw accountClosed();
  const locked = holder.lockedUntil ? Date.parse(holder.lockedUntil) - now.getTime() : 0;
  if (locked > 0) throw factorLocked(Math.ceil(locked / 1000));
  const digest = createHash('sha256').update(purpose.challenge).digest();
  try {
    if (proof.kind === 'passkey')
      return await provePasskey(ctx, userId, purpose.challenge, digest, proof.response);
    return proof.kind === 'totp'
      ? await proveTotp(ctx, userId, digest, proof.code)
      : await proveRecovery(ctx, userId, digest, proof.code);
  } catch (error) {
    if (error instanceof DomainError) await recordRefusal(ctx, userId, proof.kind, error.code);
    throw error;
  }
}

/** Whose passkey this claims to be; nothing is proved by it yet. */
export const findPasskeyOwner = async (ctx: ReadContext, response: Assertion): Promise<string | null> =>
  (await findPasskey(ctx.db, response.id))?.userId ?? null;

const actingAs = ({ database, clock }: ProveFrom, userId: string): CommandContext =>
  systemContext('mfa.prove', database, clock, { kind: 'user', id: userId, name: '', holders: [] });

async function provePasskey(
  ctx: CommandContext,
  userId: string,
  challenge: Buffer,
  digest: Buffer,
  response: Assertion,
): Promise<Proved> {
  const passkey = await findPasskey(ctx.db, response.id);
  if (passkey?.userId !== userId) throw passkeyRefused('unknown');
  const { userHandle } = response.response;
  if (userHandle && userIdOf(userHandle) !== userId) throw passkeyRefused('unknown');
  const counter = await verifiedCounter(passkey, challenge, response);
  const now = ctx.clock.now();
  if (passkey.suspectedAt) throw passkeySuspected();
  const detail = { credential: passkey.id, challenge: digest.toString('hex') };
  try {
    await ctx.commit(mfaEvent('mfa.passkey_used', userId, detail), async tx => {
      // First: a repeated answer has an old counter too, and is no sign of a copy.
      if (!(await spendProof(tx, userId, digest, now))) throw passkeyRefused('replayed');
      if (!(await usePasskey(tx, passkey.id, counter, now))) throw passkeySuspected();
      await clearFactorFailures(tx, userId);
    });
  } catch (error) {
    if (error instanceof DomainError && error.code === 'mfa.passkey_suspected')
      await ctx.commit(
        {
          ...mfaEvent('mfa.passkey_suspected', userId, { credential: passkey.id }),
          jobs: securityMessages('mfa.passkey_suspected', userId),
        },
        tx => suspectPasskey(tx, passkey.id, now),
      );
    throw error;
  }
  return { method: 'passkey', credentialId: passkey.id };
}

/**
 * The library looks at the counter before the signature, so anybody could make a passkey look copied. It gets a counter
 * that always fits; ours is compared once the signature holds.
 */
async function verifiedCounter(passkey: PasskeyRow, challenge: Buffer, given: Assertion): Promise<number> {
  const party = relyingParty(env().publicUrl);
  if (!party.possible) throw passkeysImpossible(party.why);
  const refused = refusalOf(given, challenge, party.rp);
  if (refused) throw passkeyRefused(refused);
  const { clientDataJSON, authenticatorData, signature } = given.response;
  const checked = await verifyAuthenticationResponse({
    response: {
      id: given.id,
      rawId: given.rawId,
      type: given.type,
      response: { clientDataJSON, authenticatorData, signature },
      clientExtensionResults: {},
    },
    expectedChallenge: challenge.toString('base64url'),
    expectedOrigin: party.rp.origin,
    expectedRPID: party.rp.id,
    requireUserVerification: true,
    credential: { id: passkey.credentialId, publicKey: Uint8Array.from(passkey.publicKey), counter: 0 },
  }).catch(() => null);
  if (!checked?.verified) throw passkeyRefused('signature');
  return checked.authenticationInfo.newCounter;
}

async function proveTotp(ctx: CommandContext, userId: string, digest: Buffer, code: string): Promise<Proved> {
  const now = ctx.clock.now();
  for (const device of await selectDevices(ctx.db, userId)) {
    if (!device.confirmedAt) continue;
    const last = device.lastStep === null ? null : BigInt(device.lastStep);
    const step = acceptedStep(secretOf(device), code, now, last);
    if (step === null) continue;
    const detail = { device: device.id, challenge: digest.toString('hex') };
    await ctx.commit(mfaEvent('mfa.code_used', userId, detail), async tx => {
      if (!(await takeStep(tx, device.id, step))) throw wrongCode();
      await clearFactorFailures(tx, userId);
    });
    return { method: 'totp', credentialId: device.id };
  }
  throw wrongCode();
}

async function proveRecovery(
  ctx: CommandContext,
  userId: string,
  digest: Buffer,
  code: string,
): Promise<Proved> {
  const detail = { challenge: digest.toString('hex') };
  await ctx.commit(mfaEvent('mfa.recovery_code_used', userId, detail), async tx => {
    if (!(await takeRecoveryCode(tx, userId, recoveryHash(userId, code), ctx.clock.now()))) throw wrongCode();
    await clearFactorFailures(tx, userId);
  });
  return { method: 'recovery' };
}

async function recordRefusal(ctx: CommandContext, userId: string, method: FactorMethod, code: string) {
  await ctx.commit(mfaEvent('mfa.refused', userId, { method, reason: code }), async tx => {
    if (method === 'passkey') return;
    const until = lockedUntil(await countFactorFailure(tx, userId), ctx.clock.now());
    if (until) await lockFactors(tx, userId, until);
  });
}
