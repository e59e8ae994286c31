import type { ApprovalRequired } from '#kernel/approvals/schema.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { notificationJob } from '#server/platform/notifications/request.ts';
import { noSuchMember, wrongState } from '../errors.ts';
import { trustEvent } from '../events.ts';
import { expiryOf, freshnessOf, missingSignatures, readBundle } from '../rules/bundle.ts';
import { type MemberOrder, memberOrders } from '../rules/flow.ts';
import type { FederationRules, MemberRow, MemberState } from '../schema.ts';
import { selectInvites } from '../store/invites.ts';
import { findMember, moveMember, type StoredMember, selectMembers } from '../store/members.ts';
import { findOwnBundle } from '../store/own-bundle.ts';
import { rulesInForce } from './rules.ts';
import { ownBundle, selfOf } from './self.ts';
import { revokeMember } from './spread.ts';
import { keysOf } from './wire.ts';

const said = (keys: ReturnType<typeof keysOf>) => keys.map(({ kid, algorithm }) => ({ kid, algorithm }));

function rowOf(member: StoredMember, { bundleHours }: FederationRules, now: Date): MemberRow {
  const { bundle, ...rest } = member;
  const read = readBundle(bundle);
  const bundleAt = Date.parse(member.bundleAt);
  return {
    ...rest,
    freshness: freshnessOf(bundleAt, member.refreshHint, bundleHours, now.getTime()),
    expiresAt: new Date(expiryOf(bundleAt, bundleHours)).toISOString(),
    keys: read.ok ? said(read.bundle.keys) : [],
    ignoredKeys: read.ok ? read.bundle.ignored : 0,
  };
}

export async function listMembers(ctx: ReadContext) {
  const now = ctx.clock.now();
  const [{ rules }, members, invites, own] = await Promise.all([
    rulesInForce(ctx),
    selectMembers(ctx.db),
    selectInvites(ctx.db),
    findOwnBundle(ctx.db),
  ]);
  const bundle = own ?? (await ownBundle(ctx));
  return {
    self: { ...selfOf(ctx), sequence: bundle.sequence, keys: said(keysOf(bundle.body)) },
    members: members.map(member => rowOf(member, rules, now)),
    invites: invites.map(({ usedAt, usedBy: _usedBy, ...row }) => ({
      ...row,
      state: usedAt
        ? ('used' as const)
        : Date.parse(row.expiresAt) <= now.getTime()
          ? ('expired' as const)
          : ('open' as const),
    })),
  };
}

/** The oldest bundle among active members: for whoever has to know whether trust is fresh. */
export async function trustFreshness(
  ctx: ReadContext,
): Promise<{ members: number; worst: MemberRow['freshness'] | null }> {
  const { rules } = await rulesInForce(ctx);
  const rows = (await selectMembers(ctx.db))
    .filter(m => m.state === 'active')
    .map(m => rowOf(m, rules, ctx.clock.now()));
  const worst =
    (['expired', 'stale', 'fresh'] as const).find(each => rows.some(row => row.freshness === each)) ?? null;
  return { members: rows.length, worst };
}

const eventOf = {
  admit: 'federation.admitted',
  suspend: 'federation.suspended',
  resume: 'federation.resumed',
} as const;

type Ordered = { status: 'done'; id: string; state: MemberState };

/** Whoever was suspended before two people had agreed waits for them again: nobody comes in by being suspended first. */
const ledTo = (order: MemberOrder, { admittedAt }: StoredMember): MemberState =>
  order === 'resume' && admittedAt === null ? 'pending' : memberOrders[order].to;

/** Two people admit; suspending and revoking protect, so they wait for nobody. */
export async function orderMember(
  ctx: CommandContext,
  order: MemberOrder,
  { id, reason }: { id: string; reason: string },
): Promise<Ordered | ApprovalRequired> {
  const member = await findMember(ctx.db, id);
  if (!member) throw noSuchMember(id);
  const { from } = memberOrders[order];
  const to = ledTo(order, member);
  if (!(from as readonly MemberState[]).includes(member.state)) throw wrongState(id, member.state);
  if (order === 'revoke') {
    await revokeMember(ctx, member, reason);
    return { status: 'done', id, state: to };
  }
  if (order === 'admit') {
    const waits = await askTwo(ctx, member, reason);
    if (waits) return waits;
  }
  await ctx.commit(trustEvent(eventOf[order], id, { reason, from: member.state, to }), async tx => {
    if (!(await moveMember(tx, id, from, to, reason, ctx.clock.now(), order === 'admit')))
      throw wrongState(id, member.state);
  });
  return { status: 'done', id, state: to };
}

async function askTwo(ctx: CommandContext, member: StoredMember, reason: string) {
  const { rules } = await rulesInForce(ctx);
  const keys = keysOf(member.bundle);
  const missing = missingSignatures(
    rules.signatures,
    keys.map(key => key.algorithm),
  );
  if (missing.length > 0) throw wrongState(member.id, `lacking keys of these kinds: ${missing.join(', ')}`);
  return ctx.requireApproval('federation.admit', {
    title: `Admit ${member.id} into the federation`,
    subject: { kind: 'federation_member', id: member.id },
    // A key set that changed since it was looked at has to be looked at again.
    scope: { global: true, target: { state: member.state, keys: keys.map(key => key.kid).sort() } },
    facts: {},
    reason,
    plan: [
      `Take messages signed by its ${keys.length} keys, and by those that follow them`,
      `Tell ${member.endpoint} of every revocation`,
    ],
    change: { before: { state: member.state }, after: { state: 'active' } },
    blast: `One installation, ${member.id}: it may announce revocations here and take part in what the rules allow.`,
    ...(member.simulated ? { simulated: true as const } : {}),
  });
}

/** A member whose bundle expires soon, told once per day. */
export const expiryMessage = (member: StoredMember, expiresAt: Date) =>
  notificationJob({
    groupKey: `trust:${member.id}:expiry`,
    kind: 'alert',
    severity: 'warning',
    title: `The trust bundle of ${member.id} could not be refreshed`,
    lines: [{ label: 'Expires', value: expiresAt.toISOString() }],
    link: '/federation/trust',
    to: { roles: ['operator', 'admin'] },
  });
