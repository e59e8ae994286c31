import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { z } from 'zod';
import { env } from '#kernel/env/env.ts';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { safeFetch } from '#kernel/http/safe-fetch.ts';
import { canonicalBytes, sha256Hex } from '#kernel/signing/canonical.ts';
import { type DsseEnvelope, decodeBase64, verifyEnvelope } from '#kernel/signing/dsse.ts';
import { activeSigners, signHybrid } from '#kernel/signing/signer.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { isStorable } from '#kernel/trpc/storable.ts';
import { type JoinRefusal, joinRefused, notAnswered } from '../errors.ts';
import { trustEvent } from '../events.ts';
import { hashOf, missingSignatures, nextRefresh, readBundle } from '../rules/bundle.ts';
import {
  type JoinContent,
  joinContent,
  joinedContent,
  joinedType,
  joinOutput,
  joinType,
  type TrustBundle,
} from '../schema.ts';
import { findInvite, insertInvite, type StoredInvite, useInvite } from '../store/invites.ts';
import { findMember, insertMember } from '../store/members.ts';
import { rulesInForce } from './rules.ts';
import { ownBundle, selfOf } from './self.ts';
import { at, keysOf, takenKeys } from './wire.ts';

/** The secret is shown once; only its hash is kept. */
export async function invite(ctx: CommandContext, input: { trustDomain: string; hours: number }) {
  const token = `atom-federation-${randomBytes(24).toString('base64url')}`;
  const id = randomBytes(8).toString('hex');
  const now = ctx.clock.now();
  const expiresAt = new Date(now.getTime() + input.hours * 3_600_000);
  await ctx.commit(trustEvent('federation.invited', input.trustDomain, { invite: id }), tx =>
    insertInvite(tx, {
      id,
      trustDomain: input.trustDomain,
      hash: sha256Hex(token),
      expiresAt,
      createdBy: `${ctx.principal.kind}:${ctx.principal.id}`,
      createdAt: now,
    }),
  );
  return { id, trustDomain: input.trustDomain, token, expiresAt: expiresAt.toISOString() };
}

const proofMinutes = 5;

type Checked =
  | { ok: true; content: JoinContent }
  | { ok: false; reason: JoinRefusal; claimed?: string; more?: string };

/** The bundle's own keys signed the join, all kinds that are asked for, for this token and this moment. */
function checkJoin(envelope: DsseEnvelope, token: string, wanted: readonly string[], now: Date): Checked {
  const said = jsonOf(envelope);
  if (!isStorable(said))
    return { ok: false, reason: 'proof', more: 'It holds a character that cannot be stored.' };
  const parsed = joinContent.safeParse(said);
  if (!parsed.success) return { ok: false, reason: 'proof', more: parsed.error.issues[0]?.message ?? '' };
  const content = parsed.data;
  const claimed = content.trustDomain;
  const bundle = readBundle(content.bundle);
  if (!bundle.ok) return { ok: false, reason: 'bundle', claimed };
  const keys = bundle.bundle.keys.map(({ kid, key }) => ({ id: kid, key }));
  const verified = verifyEnvelope(envelope, joinType, keys);
  if (!verified.ok) return { ok: false, reason: 'proof', claimed };
  const by = bundle.bundle.keys.filter(key => verified.keys.includes(key.kid)).map(key => key.algorithm);
  const missing = missingSignatures(wanted, by);
  if (missing.length > 0)
    return { ok: false, reason: 'signatures', claimed, more: `Missing: ${missing.join(', ')}.` };
  if (content.token !== sha256Hex(token)) return { ok: false, reason: 'other_token', claimed };
  if (Math.abs(now.getTime() - Date.parse(content.at)) > proofMinutes * 60_000)
    return { ok: false, reason: 'old', claimed };
  return { ok: true, content };
}

/** Whoever steals the token joins under keys of their own, and still waits for two people. */
export async function acceptJoin(ctx: CommandContext, input: { token: string; envelope: DsseEnvelope }) {
  const now = ctx.clock.now();
  const { rules } = await rulesInForce(ctx);
  const found = await findInvite(ownDb(ctx), sha256Hex(input.token));
  const checked = checkJoin(input.envelope, input.token, rules.signatures, now);
  const refuse = (reason: JoinRefusal, claimed = 'unknown', more = '') => refused(ctx, reason, claimed, more);
  const claimed = checked.ok ? checked.content.trustDomain : checked.claimed;
  if (found && checked.ok && (await joinedBefore(ctx, found, checked.content)))
    return { status: 'joined' as const, state: 'pending' as const, answer: await answer(ctx, input.token) };
  if (!found || found.usedAt !== null || Date.parse(found.expiresAt) <= now.getTime())
    return refuse('token', claimed);
  if (!checked.ok) return refuse(checked.reason, checked.claimed, checked.more);
  const { content } = checked;
  if (found.trustDomain !== content.trustDomain) return refuse('other_domain', content.trustDomain);
  if (content.trustDomain === selfOf(ctx).trustDomain) return refuse('self', content.trustDomain);
  if (await findMember(ctx.ownWrites(), content.trustDomain)) return refuse('known', content.trustDomain);
  if (await bringsTaken(ctx, content)) return refuse('taken', content.trustDomain);
  await ctx.commit(
    trustEvent('federation.joined', content.trustDomain, { invite: found.id, endpoint: content.endpoint }),
    async tx => {
      if (!(await useInvite(tx, found.id, content.trustDomain, now))) throw joinRefused('token');
      await keep(tx, content, 'invited', now);
    },
  );
  return { status: 'joined' as const, state: 'pending' as const, answer: await answer(ctx, input.token) };
}

/**
 * Whoever joined and did not live to keep our answer asks for it again: the same name with the same keys, by the same
 * invitation, while nobody here has decided yet. Nothing is written that was not written then.
 */
async function joinedBefore(
  ctx: CommandContext,
  found: StoredInvite,
  content: JoinContent,
): Promise<boolean> {
  if (found.usedBy !== content.trustDomain || Date.parse(found.expiresAt) <= ctx.clock.now().getTime())
    return false;
  const member = await findMember(ownDb(ctx), content.trustDomain);
  if (member?.state !== 'pending' || member.endpoint !== content.endpoint) return false;
  if (hashOf(member.bundle) !== hashOf(content.bundle)) return false;
  ctx.unchanged();
  return true;
}

async function bringsTaken(
  ctx: CommandContext,
  { trustDomain, bundle }: { trustDomain: string; bundle: TrustBundle },
): Promise<boolean> {
  const taken = await takenKeys(ctx, ownDb(ctx), trustDomain);
  return keysOf(bundle).some(key => taken.has(key.kid));
}

/** Whoever joins has no login: what is held here is looked at by the console itself. */
const ownDb = (ctx: CommandContext) => systemContext('trust.join', ctx.database, ctx.clock).db;

async function keep(
  tx: Parameters<typeof insertMember>[0],
  { trustDomain, endpoint, bundle }: { trustDomain: string; endpoint: string; bundle: TrustBundle },
  origin: 'invited' | 'joined',
  now: Date,
): Promise<void> {
  const read = readBundle(bundle);
  if (!read.ok) throw joinRefused('bundle');
  const { sequence, refreshHint } = read.bundle;
  const made = await insertMember(tx, {
    id: trustDomain,
    trustDomain,
    endpoint,
    origin,
    simulated: env().simulation,
    bundle,
    bundleSequence: sequence,
    refreshHint,
    now,
    nextRefreshAt: new Date(nextRefresh(now.getTime(), refreshHint, 0, Math.random())),
  });
  if (!made) throw joinRefused('known');
}

async function refused(
  ctx: CommandContext,
  reason: JoinRefusal,
  claimed: string,
  more: string,
): Promise<never> {
  await ctx.commit(
    trustEvent('federation.join_refused', claimed, { reason, unproven: true }),
    async () => {},
    {
      refuses: true,
    },
  );
  throw joinRefused(reason, more);
}

const proofOf = (token: string, content: object): string =>
  createHmac('sha256', token).update(canonicalBytes(content)).digest('base64url');

async function answer(ctx: CommandContext, token: string): Promise<DsseEnvelope> {
  const { trustDomain, endpoint } = selfOf(ctx);
  const content = {
    purpose: 'atom-federation-joined' as const,
    trustDomain,
    endpoint,
    token: sha256Hex(token),
    bundle: (await ownBundle(ctx)).body,
  };
  const signers = await activeSigners(ctx.database, ctx.clock);
  return signHybrid(joinedType, canonicalBytes({ ...content, proof: proofOf(token, content) }), signers);
}

/** Our side of an invitation that another installation gave us: joins there, and keeps them as a member that waits here. */
export async function acceptInvitation(ctx: CommandContext, input: { endpoint: string; token: string }) {
  const now = ctx.clock.now();
  const self = selfOf(ctx);
  const content: JoinContent = {
    purpose: 'atom-federation-join',
    ...self,
    token: sha256Hex(input.token),
    at: now.toISOString(),
    bundle: (await ownBundle(ctx)).body,
  };
  const signers = await activeSigners(ctx.database, ctx.clock);
  const envelope = await signHybrid(joinType, canonicalBytes(content), signers);
  const response = await safeFetch(at(input.endpoint, '/federation/join'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: input.token, envelope }),
    maxRedirects: 0,
  });
  const body = parse(response.body);
  if (response.status !== 201) throw theirRefusal(response.status, body);
  const joined = joinOutput.safeParse(body);
  if (!joined.success) throw notAnswered('it is not of the expected shape.');
  const theirs = checkAnswer(joined.data.answer, input.token, (await rulesInForce(ctx)).rules.signatures);
  if (theirs.trustDomain === self.trustDomain) throw joinRefused('self');
  if (await findMember(ctx.ownWrites(), theirs.trustDomain)) throw joinRefused('known');
  if (await bringsTaken(ctx, theirs)) throw joinRefused('taken');
  await ctx.commit(trustEvent('federation.accepted', theirs.trustDomain, { endpoint: input.endpoint }), tx =>
    // Where they were reached is where they are: what they call themselves is not tried out.
    keep(tx, { ...theirs, endpoint: input.endpoint }, 'joined', now),
  );
  return { status: 'done' as const, id: theirs.trustDomain, state: 'pending' as const };
}

function checkAnswer(
  envelope: DsseEnvelope,
  token: string,
  wanted: readonly string[],
): z.output<typeof joinedContent> {
  const parsed = joinedContent.safeParse(jsonOf(envelope));
  if (!parsed.success) throw notAnswered('what they signed is not of the expected shape.');
  const { proof, ...content } = parsed.data;
  const bundle = readBundle(content.bundle);
  if (!bundle.ok) throw notAnswered('their bundle cannot be used.');
  const keys = bundle.bundle.keys.map(({ kid, key }) => ({ id: kid, key }));
  const verified = verifyEnvelope(envelope, joinedType, keys);
  if (!verified.ok) throw notAnswered('the keys of their bundle did not sign it.');
  const by = bundle.bundle.keys.filter(key => verified.keys.includes(key.kid)).map(key => key.algorithm);
  const missing = missingSignatures(wanted, by);
  if (missing.length > 0) throw notAnswered(`these kinds of signature are missing: ${missing.join(', ')}.`);
  const expected = Buffer.from(proofOf(token, content));
  const given = Buffer.from(proof);
  if (expected.length !== given.length || !timingSafeEqual(expected, given))
    throw notAnswered('whoever answered does not know the token.');
  return parsed.data;
}

const jsonOf = (envelope: DsseEnvelope): unknown => parse(decodeBase64(envelope.payload) ?? Buffer.alloc(0));

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}

function theirRefusal(status: number, body: unknown): DomainError {
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : '';
  return new DomainError(
    'unprocessable',
    'federation.refused',
    `They answer ${status}. ${detail.slice(0, 300)}`.trim(),
  );
}
