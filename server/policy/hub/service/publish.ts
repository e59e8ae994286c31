import { randomUUID } from 'node:crypto';
import type { ApprovalRequired } from '#kernel/approvals/schema.ts';
import { env } from '#kernel/env/env.ts';
import { isProduction } from '#kernel/env/production.ts';
import type { Json } from '#kernel/ledger/event.ts';
import { counter } from '#kernel/metrics/metrics.ts';
import { type HashedPolicy, hashPolicy } from '#kernel/policy/bytes.ts';
import { type PolicyContent, policyContent, strictKinds } from '#kernel/policy/kinds.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { dsseEnvelope, verifyEnvelope } from '#kernel/signing/dsse.ts';
import { activeSigners, trustedKeys } from '#kernel/signing/signer.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import {
  type PolicyPredicate,
  predicateType,
  statementType,
  type WireEnvelope,
} from '#server/policy/relay/schema.ts';
import { envelope } from '#server/policy/relay/service/wire.ts';
import {
  alreadyExpired,
  badPolicy,
  kindChanged,
  noSuchPolicy,
  noSuchVersion,
  publishRefused,
  sameContent,
} from '../errors.ts';
import { policyEvent } from '../events.ts';
import { findPolicy, findVersion, insertVersion, versionsOf } from '../store/policies.ts';
import { activeContents } from '../store/views.ts';

const publishes = counter('policy_publish_total', 'Policy versions published', ['kind']);

export const policyPayloadType = 'application/vnd.atom.policy+json';

export interface Published {
  id: string;
  version: number;
  policy_hash: string;
  rollout: string;
  state: 'staging';
}

interface Author {
  name: string;
  signedOnBehalf: boolean;
  envelope: string | null;
}

interface Extra {
  reason: string | null;
  rollbackOf: number | null;
  /** Equal content is wanted. */
  again?: true;
}

/** What was sent: an envelope that its author signed, or the content itself from a person who is signed in. */
export async function publishPolicy(
  ctx: CommandContext,
  input: unknown,
): Promise<Published | ApprovalRequired> {
  const { content, author, reason } = await authored(ctx, input);
  return publishContent(ctx, content, author, { reason, rollbackOf: null });
}

/** A rollback is a new, higher version with old content: nothing that guards against replay has to be set aside for it. */
export async function rollbackPolicy(
  ctx: CommandContext,
  input: { id: string; toVersion: number; reason: string },
): Promise<Published | ApprovalRequired> {
  const stored = await findVersion(ctx.db, input.id, input.toVersion);
  if (!stored) throw noSuchVersion(input.id, input.toVersion);
  const parsed = policyContent.safeParse(JSON.parse(stored.content.toString('utf8')));
  if (!parsed.success) throw noSuchVersion(input.id, input.toVersion);
  const author = { name: actorOf(ctx), signedOnBehalf: true, envelope: null };
  return publishContent(ctx, parsed.data, author, { reason: input.reason, rollbackOf: input.toVersion });
}

/** What was signed with these keys says the same once more, as a new version signed by keys that count. */
export async function signAnew(ctx: CommandContext, withdrawn: readonly string[]): Promise<void> {
  for (const { id, version } of await activeContents(ctx.db)) {
    const stored = await findVersion(ctx.db, id, version);
    if (!stored) continue;
    const { signatures } = JSON.parse(stored.statement) as WireEnvelope;
    if (!signatures.some(s => s.keyid !== undefined && withdrawn.includes(s.keyid))) continue;
    const content = policyContent.parse(JSON.parse(stored.content.toString('utf8')));
    const author = { name: actorOf(ctx), signedOnBehalf: true, envelope: null };
    await publishContent(ctx, content, author, {
      reason: 'A key that had signed it does not count any more',
      rollbackOf: version,
      again: true,
    });
  }
}

/**
 * The newest version before this one that was active once and says something else. None where a newer one is on its way, or
 * where this one is a way back already: going back from that would bring back what was taken away.
 */
export async function previousVersion(ctx: ReadContext, id: string, version: number): Promise<number | null> {
  const versions = await versionsOf(ctx.db, id);
  const now = versions.find(v => v.version === version);
  if (now?.state !== 'active' || now.rollbackOf !== null || versions[0]?.version !== version) return null;
  const before = versions.find(v => v.version < version && v.state === 'superseded' && v.hash !== now?.hash);
  return before?.version ?? null;
}

const actorOf = (ctx: CommandContext) => `${ctx.principal.kind}:${ctx.principal.id}`;

async function authored(
  ctx: CommandContext,
  input: unknown,
): Promise<{ content: PolicyContent; author: Author; reason: string | null }> {
  const given = (input ?? {}) as Record<string, unknown>;
  const signed = 'envelope' in given ? given.envelope : 'payload' in given ? given : undefined;
  if (signed !== undefined) {
    const parsed = dsseEnvelope.safeParse(signed);
    if (!parsed.success) throw publishRefused('malformed');
    const now = ctx.clock.now();
    const keys = await trustedKeys(ctx.database);
    const verified = verifyEnvelope(parsed.data, policyPayloadType, keys);
    if (!verified.ok) throw publishRefused(verified.reason);
    const by = keys.filter(key => verified.keys.includes(key.id));
    if (by.some(key => key.revokedAt && key.revokedAt <= now)) throw publishRefused('revoked');
    if (by.some(key => key.verifyUntil && key.verifyUntil <= now)) throw publishRefused('expired');
    let content: unknown;
    try {
      content = JSON.parse(verified.payload.toString('utf8'));
    } catch {
      throw publishRefused('malformed');
    }
    return {
      content: contentOf(content),
      author: {
        name: `key:${verified.keys[0]}`,
        signedOnBehalf: false,
        envelope: JSON.stringify(parsed.data),
      },
      reason: null,
    };
  }
  // A token or a machine signs for itself; only a person who is signed in is signed for.
  if (ctx.principal.kind !== 'user' && ctx.principal.kind !== 'system') throw publishRefused('unsigned');
  const { reason, ...content } = given;
  return {
    content: contentOf(content),
    author: { name: actorOf(ctx), signedOnBehalf: true, envelope: null },
    reason: typeof reason === 'string' && reason.trim() !== '' ? reason.trim().slice(0, 500) : null,
  };
}

/** Short forms for people: what may be left out is filled in before it is hashed. */
function contentOf(given: unknown): PolicyContent {
  const value = given !== null && typeof given === 'object' ? given : {};
  const parsed = policyContent.safeParse({ scope: {}, staleness: 'serve', expires: null, ...value });
  if (parsed.success) return parsed.data;
  throw badPolicy(
    parsed.error.issues.map(issue => ({ field: issue.path.join('.') || 'policy', message: issue.message })),
  );
}

async function publishContent(
  ctx: CommandContext,
  content: PolicyContent,
  author: Author,
  extra: Extra,
): Promise<Published | ApprovalRequired> {
  const now = ctx.clock.now();
  if (content.expires !== null && Date.parse(content.expires) <= now.getTime()) throw alreadyExpired();
  const tenantId = content.scope.tenant ?? null;
  const { scope } = ctx;
  // A tenant publishes in its own namespace only; elsewhere the policy does not even exist for it.
  if (scope.tenantId !== undefined && scope.tenantId !== tenantId) throw noSuchPolicy(content.id);
  const known = await findPolicy(ctx.db, content.id);
  if (known && (known.kind !== content.kind || known.tenantId !== tenantId))
    throw kindChanged(content.id, known.kind);
  const policy = hashPolicy(content);
  if (!extra.again && known?.activeHash === policy.hash && known.activeVersion === known.latestVersion)
    throw sameContent(content.id, known.latestVersion);
  const version = (known?.latestVersion ?? 0) + 1;
  const waits = await askToPublish(ctx, policy, version, known?.activeVersion ?? null, extra);
  if (waits) return waits;
  const rollout = randomUUID();
  const { statement, simulated } = await stated(ctx, policy, version, author, known?.activeHash ?? null, now);
  await ctx.commit(
    policyEvent(
      'policy.published',
      { id: content.id, tenantId },
      {
        version,
        hash: policy.hash,
        kind: content.kind,
        author: author.name,
        signedOnBehalf: author.signedOnBehalf,
        ...(extra.rollbackOf === null ? {} : { rollbackOf: extra.rollbackOf }),
        ...(extra.reason === null ? {} : { reason: extra.reason }),
      },
      rollout,
    ),
    async tx => {
      const inserted = await insertVersion(
        tx,
        {
          policy: { id: content.id, kind: content.kind, tenantId, scope: content.scope, production: false },
          version,
          hash: policy.hash,
          content: policy.bytes,
          statement,
          author: author.name,
          signedOnBehalf: author.signedOnBehalf,
          simulationKey: simulated,
          authorEnvelope: author.envelope,
          rollbackOf: extra.rollbackOf,
          reason: extra.reason,
          expires: content.expires === null ? null : new Date(content.expires),
          rollout: {
            id: rollout,
            strict: strictKinds.includes(content.kind),
            quorum: 2 / 3,
            deadlineMs: 1500,
          },
        },
        now,
      );
      if (!inserted) throw kindChanged(content.id, content.kind);
    },
    tenantId === null ? {} : { tenantId },
  );
  publishes.inc({ kind: content.kind });
  return { id: content.id, version, policy_hash: policy.hash, rollout, state: 'staging' };
}

/** What goes out to a production fleet, or to every tenant of one, does not go out by one person's word. */
async function askToPublish(
  ctx: CommandContext,
  { content, hash }: HashedPolicy,
  version: number,
  active: number | null,
  extra: Extra,
): Promise<ApprovalRequired | null> {
  const before = active === null ? null : await findVersion(ctx.db, content.id, active);
  const tenantId = content.scope.tenant;
  const where = content.scope.regions.length === 0 ? 'every region' : content.scope.regions.join(', ');
  return ctx.requireApproval('policy.publish', {
    title: `Publish version ${version} of the policy ${content.id}`,
    subject: { kind: 'policy', id: content.id },
    scope: { ...(tenantId ? { tenantId } : { global: true as const }), target: { active, version, hash } },
    facts: reachOf(),
    ...(extra.reason ? { reason: extra.reason } : {}),
    plan: [
      `Sign version ${version} with a classical and a post-quantum key`,
      'Stage it at every reachable relay of its scope',
      'Activate it on all of them under one epoch, or withdraw it below quorum',
    ],
    change: {
      before: before ? (JSON.parse(before.content.toString('utf8')).document as Json) : null,
      after: content.document as Json,
    },
    blast: `Every relay in ${where}, for ${tenantId ? `the tenant ${tenantId}` : 'every tenant'}.`,
    ...(env().simulation ? { simulated: true as const } : {}),
  });
}

/** The relays of the simulated world are nobody's production. */
export const reachOf = (): { reach: string } => ({
  reach: isProduction() || !env().simulation ? 'production' : 'simulated',
});

/** Both signatures are made before the transaction: a key may live far away. */
async function stated(
  ctx: CommandContext,
  policy: HashedPolicy,
  version: number,
  author: Author,
  previous: string | null,
  now: Date,
): Promise<{ statement: string; simulated: boolean }> {
  const predicate: PolicyPredicate = {
    id: policy.content.id,
    version,
    kind: policy.content.kind,
    issuedAt: now.toISOString(),
    expires: policy.content.expires,
    author: author.name,
    signedOnBehalf: author.signedOnBehalf,
    previous,
  };
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: `policy/${policy.content.id}`, digest: { sha256: policy.hash } }],
    predicateType,
    predicate,
  };
  const signers = await activeSigners(ctx.database, ctx.clock);
  const signed = await envelope(statementType, canonicalBytes(statement), signers);
  return { statement: JSON.stringify(signed), simulated: env().vars.COSIGN_KEY_PATH === undefined };
}
