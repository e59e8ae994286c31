import { DomainError } from '#kernel/errors/domain-error.ts';
import {
  type Message,
  type SignatureRefusal,
  signatureRefusals,
  verifyMessage,
} from '#kernel/http/message-signatures.ts';
import { histogram } from '#kernel/metrics/metrics.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { knownRegions } from '#server/federation/regions/service.ts';
import { notificationJob } from '#server/platform/notifications/request.ts';
import { letIn, reachedLately } from '#server/policy/relay/service/sightings.ts';
import { wrongState } from '../errors.ts';
import { trustEvent } from '../events.ts';
import { freshnessOf } from '../rules/bundle.ts';
import { memberOrders } from '../rules/flow.ts';
import { nextNumber, type Said, weighSaid } from '../rules/numbers.ts';
import { announcement } from '../schema.ts';
import { moveMember, type StoredMember, selectMembers } from '../store/members.ts';
import { takeNonce } from '../store/nonces.ts';
import {
  type Addressee,
  findGiven,
  findStanding,
  insertRenumbering,
  insertRevocation,
  markFailed,
  markHeard,
  markTold,
  type SpreadTarget,
  type Standing,
  selectRevocations,
  selectUnheard,
  takeTurn,
} from '../store/revocations.ts';
import { rulesInForce } from './rules.ts';
import { at, keysOf, postSigned } from './wire.ts';

const spreadSeconds = histogram('federation_revocation_seconds', 'From a revocation to whoever heard of it', [
  'kind',
]);

/** Everybody who has to hear of it is written down with the revocation, so that whoever has not is seen. */
export async function revokeMember(ctx: CommandContext, member: StoredMember, reason: string): Promise<void> {
  const now = ctx.clock.now();
  const targets = await targetsOf(ctx, member.id);
  const keys = keysOf(member.bundle).map(key => key.kid);
  await ctx.commit(
    (sequence: number) =>
      trustEvent('federation.revoked', member.id, {
        reason,
        from: member.state,
        sequence,
        targets: targets.length,
      }),
    async tx => {
      if (!(await moveMember(tx, member.id, memberOrders.revoke.from, 'revoked', reason, now)))
        throw wrongState(member.id, member.state);
      const sequence = nextNumber(await takeTurn(tx), now.getTime(), Math.random());
      await insertRevocation(
        tx,
        { sequence, memberId: member.id, trustDomain: member.trustDomain, keys, reason },
        targets,
        now,
      );
      return sequence;
    },
  );
}

const lately = 15_000;

/** Also those who are away: they hear when they are back, and until then it is seen that they have not. */
async function targetsOf(ctx: CommandContext, revoked: string): Promise<Addressee[]> {
  const own = systemContext('trust.spread', ctx.database, ctx.clock);
  const [relays, there, regions, members] = await Promise.all([
    letIn(own),
    reachedLately(own, new Date(ctx.clock.now().getTime() - lately)),
    knownRegions(own),
    selectMembers(own.db),
  ]);
  return [
    ...relays.map(target => ({ kind: 'relay' as const, target, away: !there.includes(target) })),
    ...regions
      .filter(({ state }) => state !== 'pending' && state !== 'retired')
      .map(({ id, state }) => ({
        kind: 'region' as const,
        target: id,
        away: state !== 'active' && state !== 'degraded',
      })),
    // Whoever is revoked is told too: they stop trusting us, instead of wondering.
    ...members
      .filter(member => member.state === 'active' || member.id === revoked)
      .map(({ id }) => ({ kind: 'member' as const, target: id, away: false })),
  ];
}

/** What relays and regions are told: the number of the last revocation, and everybody who was revoked. */
export const standing = (ctx: Pick<ReadContext, 'database' | 'clock'>): Promise<Standing> =>
  findStanding(systemContext('trust.standing', ctx.database, ctx.clock).db);

/**
 * A relay or region says up to which number it has heard. One that was never given here comes from a console of which this
 * one is an older copy: then everybody is told everything again, under a number that is news to them all.
 */
export async function heard(
  from: Pick<ReadContext, 'database' | 'clock'>,
  kind: 'relay' | 'region',
  said: readonly Said[],
): Promise<void> {
  const ctx = systemContext('trust.spread', from.database, from.clock);
  if (said.length === 0) return;
  const { waiting, ...numbers } = await findGiven(
    ctx.db,
    kind,
    said.map(({ sequence }) => sequence),
  );
  const weighed = weighSaid(said, numbers);
  if (weighed.stranger) await renumber(ctx, { kind, ...weighed.stranger });
  const news = weighed.heard.filter(({ target }) => waiting.includes(target));
  if (news.length === 0) return;
  const now = ctx.clock.now();
  await ctx.database.write(ctx.scope, async tx => {
    for (const { target, sequence } of news) await markHeard(tx, { kind, target }, sequence, now);
  });
  await observe(ctx, kind, now);
}

/** Thrown inside the transaction to leave it without an entry: somebody else said it at the same moment. */
class Known extends Error {}

async function renumber(ctx: CommandContext, by: Said & { kind: 'relay' | 'region' }): Promise<void> {
  const now = ctx.clock.now();
  const { kind, target, sequence: said } = by;
  try {
    await ctx.commit(
      (sequence: number) =>
        trustEvent('federation.renumbered', target, { kind, said, sequence }, [lostMessage(by)]),
      async tx => {
        const standing = await takeTurn(tx);
        if (said <= standing) throw new Known();
        const sequence = nextNumber(said, now.getTime(), Math.random());
        await insertRenumbering(tx, { sequence, said, kind, target, at: now });
        return sequence;
      },
    );
  } catch (error) {
    if (!(error instanceof Known)) throw error;
  }
}

/** Nobody but people can say who was revoked by the console that was lost. */
const lostMessage = ({ kind, target }: { kind: string; target: string }) =>
  notificationJob({
    groupKey: 'trust:lost-revocations',
    kind: 'alert',
    severity: 'warning',
    title: 'A revocation may have been lost',
    lines: [
      { label: 'Seen', value: `The ${kind} ${target} has heard of one that this console does not know` },
      {
        label: 'Next',
        value: 'Look at the members: whoever was revoked after the last snapshot is trusted again.',
      },
    ],
    link: '/federation/trust',
    to: { roles: ['operator', 'admin'] },
  });

async function observe(ctx: ReadContext, kind: SpreadTarget['kind'], now: Date): Promise<void> {
  const [last] = await selectRevocations(ctx.db);
  if (last) spreadSeconds.observe({ kind }, (now.getTime() - Date.parse(last.at)) / 1000);
}

export const readSpread = async (ctx: ReadContext) => ({ revocations: await selectRevocations(ctx.db) });

/** Tells the members, each on its own: one that hangs keeps no other waiting. How many were told. */
export async function announce(ctx: CommandContext): Promise<number> {
  const unheard = await selectUnheard(ctx.db, ctx.clock.now());
  if (unheard.length === 0) return 0;
  const members = new Map((await selectMembers(ctx.db)).map(member => [member.id, member]));
  const told = await Promise.all(
    unheard.map(async row => {
      const member = members.get(row.target);
      if (!member) return false;
      const { trustDomain, sequence, keys } = row;
      try {
        const answer = await postSigned(ctx, at(member.endpoint, '/federation/announce'), {
          kind: 'revocation',
          trustDomain,
          sequence,
          keys,
          at: new Date(row.at).toISOString(),
        });
        if (answer.status >= 300) throw new Error(`It answers ${answer.status}.`);
        await ctx.database.write(ctx.scope, tx => markTold(tx, sequence, row.target, ctx.clock.now()));
        await observe(ctx, 'member', ctx.clock.now());
        return true;
      } catch (error) {
        await ctx.database.write(ctx.scope, tx =>
          markFailed(tx, sequence, row.target, (error as Error).message),
        );
        return false;
      }
    }),
  );
  return told.filter(Boolean).length;
}

const refusedMessage = (reason: SignatureRefusal | 'not_member' | 'expired' | 'content', message: string) =>
  new DomainError('unauthenticated', `federation.message_${reason}`, message, { reason });

/**
 * Another member says that it no longer trusts somebody. The same member here is suspended at once, which protects and can
 * be undone; whether it is revoked here too, people decide. Said about ourselves, it suspends whoever said it.
 */
export async function takeAnnouncement(
  ctx: CommandContext,
  message: Message,
  self: string,
): Promise<{ status: 'heard' }> {
  const now = ctx.clock.now();
  const { rules } = await rulesInForce(ctx);
  const members = await selectMembers(ctx.db);
  // One key speaks for one member. Where two name it, the one that is trusted was here first: others are refused at the join.
  const holders = members
    .toSorted((x, y) => Number(y.state === 'active') - Number(x.state === 'active'))
    .flatMap(member => keysOf(member.bundle).map(key => ({ member, key })));
  const verified = await verifyMessage(message, {
    now,
    key: kid => holders.find(({ key }) => key.kid === kid)?.key.key ?? null,
    fresh: (kid, nonce) => ctx.database.write(ctx.scope, tx => takeNonce(tx, kid, nonce, now)),
  });
  if (!verified.ok) {
    await ctx.commit(
      trustEvent('federation.announcement_refused', 'unknown', { reason: verified.reason }),
      async () => {},
    );
    throw refusedMessage(verified.reason, signatureRefusals[verified.reason]);
  }
  const by = holders.find(({ key }) => key.kid === verified.keyid)?.member;
  if (
    by?.state !== 'active' ||
    freshnessOf(Date.parse(by.bundleAt), by.refreshHint, rules.bundleHours, now.getTime()) === 'expired'
  ) {
    const reason = by?.state === 'active' ? 'expired' : 'not_member';
    await ctx.commit(
      trustEvent('federation.announcement_refused', by?.id ?? 'unknown', { reason }),
      async () => {},
    );
    throw refusedMessage(
      reason,
      reason === 'expired'
        ? 'The bundle of this member is too old to be believed.'
        : 'Whoever signed it is no active member here.',
    );
  }
  const parsed = announcement.safeParse(parse(message.body));
  if (!parsed.success) {
    await ctx.commit(
      trustEvent('federation.announcement_refused', by.id, { reason: 'content' }),
      async () => {},
    );
    throw refusedMessage('content', 'What was signed is no announcement.');
  }
  const about = parsed.data.trustDomain === self ? by.id : parsed.data.trustDomain;
  const reason =
    about === by.id ? `${by.id} no longer trusts this installation` : `${by.id} announced a revocation`;
  await ctx.commit(
    (moved: boolean) =>
      trustEvent('federation.announced', about, {
        by: by.id,
        suspended: moved,
        sequence: parsed.data.sequence,
      }),
    tx => moveMember(tx, about, ['active', 'pending'], 'suspended', reason, now),
  );
  return { status: 'heard' };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return null;
  }
}
