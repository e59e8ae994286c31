import { defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { listMembers } from './service/members.ts';
import { readSpread } from './service/spread.ts';

/** P6: policy and trust changes reach everybody within this. */
export const spreadBudgetMs = 2_000;

export const trustBundles = defineControl({
  id: 'P2.trust_bundles',
  policy: 'P2',
  system: 'trust',
  phases: ['G.1'],
  title: 'No active member is trusted on an expired bundle',
  run: async ctx => {
    const { members } = await listMembers(ctx);
    const active = members.filter(member => member.state === 'active');
    if (active.length === 0) return { result: 'N/A', reason: 'The federation has no other member' };
    const expired = active.filter(member => member.freshness === 'expired').map(member => member.id);
    return expired.length === 0
      ? { result: 'PASS', reason: `The bundles of ${active.length} members are within their age` }
      : { result: 'FAIL', reason: `Expired: ${expired.join(', ')}` };
  },
});

export const revocationSpread = defineControl({
  id: 'P6.revocation_spread',
  policy: 'P6',
  system: 'trust',
  phases: ['G.1'],
  title: 'A revocation reaches relays and regions within two seconds',
  run: async ctx => {
    const [last] = (await readSpread(ctx)).revocations;
    const own = last?.targets.filter(target => target.kind !== 'member') ?? [];
    if (!last || own.length === 0)
      return { result: 'N/A', reason: 'Nothing was revoked while anybody was connected' };
    const age = ctx.clock.now().getTime() - Date.parse(last.at);
    const named = (some: typeof own) => some.map(t => `${t.kind} ${t.target}`).join(', ');
    const late = own.filter(t => !t.away && (t.heardAfterMs ?? age) > spreadBudgetMs);
    if (late.length > 0) return { result: 'FAIL', reason: `Late or not yet there: ${named(late)}` };
    const heard = own.filter(t => t.heardAfterMs !== null).length;
    const away = own.filter(t => t.away && t.heardAfterMs === null);
    const still = away.length > 0 ? `; away since before, and to hear on return: ${named(away)}` : '';
    return {
      result: 'PASS',
      reason: `The revocation of ${last.trustDomain} has reached ${heard} of ${own.length} relays and regions${still}`,
    };
  },
});

declareControls([trustBundles, revocationSpread]);
