import type { ReadContext } from '#kernel/trpc/context.ts';
import { provenRestore } from '#server/federation/recovery/service.ts';
import { regionState } from '#server/federation/regions/service.ts';
import {
  enteredAway,
  refusalsOf,
  streamPairs,
  streamsBetween,
  waysBack,
} from '#server/federation/replication/service.ts';
import { listTenantsInput } from '#server/federation/tenants/schema.ts';
import { listTenants } from '#server/federation/tenants/service.ts';
import { trustFreshness } from '#server/federation/trust/service.ts';
import { leaseMs, marginMs } from '../rules/lease.ts';
import { answersUs, breakerOf, downAfterMs, freshMs, noticeMs } from '../rules/quorum.ts';
import { readinessOf } from '../rules/readiness.ts';
import type { FailoverPlan, Readiness, StepName } from '../schema.ts';
import { selectOrderTimes } from '../store/proposals.ts';
import {
  readSettings,
  type StoredRun,
  selectObservations,
  selectOrders,
  selectWrites,
  type WriteRow,
} from '../store.ts';
import { lossOf } from './loss.ts';

export async function readReadiness(ctx: ReadContext, from: string, to: string): Promise<Readiness> {
  const now = ctx.clock.now().getTime();
  const [pairs, target, observations, settings, home, trust, restore, writes] = await Promise.all([
    streamPairs(ctx),
    regionState(ctx, to),
    selectObservations(ctx.db),
    readSettings(ctx.db),
    listTenants(ctx, listTenantsInput.parse({ region: [from], limit: 500 })),
    trustFreshness(ctx),
    provenRestore(ctx),
    selectWrites(ctx.db),
  ]);
  const leads = leadsFrom(writes, from);
  const streams = await streamsBetween(ctx, from, to, leads);
  const carried = new Set(streams.flatMap(s => s.tenants));
  const silent = [from, to].find(
    region =>
      !answersUs(
        observations.filter(o => o.region === region),
        settings.quorum,
        now,
      ),
  );
  const back = await waysBack(ctx, from, to, silent ?? null);
  const evidence = {
    streams: streams.map(({ id, look, parity }) => ({
      id,
      health: look?.health ?? 'unknown',
      why: look?.why ?? 'not looked at yet',
      at: look?.at ?? null,
      lagBytes: look?.lagBytes ?? null,
      lagSeconds: look?.lagSeconds ?? null,
      parity,
      back: back[id] ?? { ready: null, found: 'it was not asked' },
    })),
    idle: pairs
      .filter(p => p.from === from && p.to === to)
      .flatMap(p => {
        if (p.state === 'creating') return [{ id: p.id, why: 'it is still being made' }];
        const waits = leads === 'writer' && p.state === 'detached' && !p.stillCut;
        return waits ? [{ id: p.id, why: `${to} does not follow it yet` }] : [];
      }),
    refused: await refusedThere(ctx, from, to, streams),
    left: home.rows.map(t => t.id).filter(id => !carried.has(id)),
    guards: [from, to].map(region => {
      const row = writes.find(w => w.region === region);
      return { region, unguarded: row?.unguarded ?? [], at: row?.guardsAt ?? null };
    }),
    unknownRoles: writes
      .filter(w => w.unknownSince !== null && [from, to].includes(w.region))
      .map(w => w.region),
    observersFresh: observations.filter(
      o => o.region === from && o.up !== null && now - Date.parse(o.at) <= freshMs,
    ).length,
    quorum: settings.quorum,
    target,
    // Secrets and images are reported by systems that are not connected here yet: not ready, and said so.
    others: { trust: trustWord(trust), restore: restoreWord(restore) },
  };
  return readinessOf(from, to, evidence, streams.every(s => s.simulated) && streams.length > 0, now);
}

const leadsFrom = (writes: readonly WriteRow[], from: string) =>
  writes.some(w => w.region === from && w.writes) ? 'writer' : 'flowing';

/** Asked as for a stream that is made now: what is mirrored there would be written there. */
export async function refusedThere(
  ctx: ReadContext,
  from: string,
  to: string,
  streams: Awaited<ReturnType<typeof streamsBetween>>,
): Promise<{ tenant: string; reason: string }[]> {
  const asked = streams.map(({ tenants, raw }) =>
    refusalsOf(ctx, { publisher: from, subscriber: to, tenants, raw }),
  );
  const found = (await Promise.all(asked)).flat().map(({ tenant, reason }) => ({ tenant, reason }));
  return [...new Map(found.map(refusal => [refusal.reason, refusal])).values()];
}

const restoreFreshHours = 24;

const trustWord = ({ members, worst }: Awaited<ReturnType<typeof trustFreshness>>) => ({
  ready: worst === null ? null : worst === 'fresh',
  found:
    worst === null
      ? 'no active member has a bundle here'
      : `of ${members} members the oldest bundle is ${worst}`,
});

const restoreWord = (proven: Awaited<ReturnType<typeof provenRestore>>) => {
  if (!proven) return { ready: false, found: 'no restore was ever proven' };
  const hours = Math.round(proven.ageSeconds / 360) / 10;
  return { ready: hours <= restoreFreshHours, found: `the newest was proven ${hours} hours ago` };
};

/** Every pair of regions between which something flows, both ways round. */
export async function readMatrix(ctx: ReadContext): Promise<Readiness[]> {
  const [all, writes] = await Promise.all([streamPairs(ctx), selectWrites(ctx.db)]);
  const pairs = all.filter(
    p => p.state !== 'detached' || (p.stillCut && leadsFrom(writes, p.from) === 'writer'),
  );
  const names = [...new Set(pairs.map(p => `${p.from} ${p.to}`))];
  return Promise.all(
    names.map(name => readReadiness(ctx, name.split(' ')[0] ?? '', name.split(' ')[1] ?? '')),
  );
}

export const stepTitles: Record<StepName, (from: string, to: string) => string> = {
  fence: from => `Take the right to write from ${from}, and wait until its lease has certainly lapsed`,
  drain: (from, to) => `Let ${to} receive what ${from} still has`,
  detach: (_from, to) => `Cut the streams, and keep at ${to} what the way back needs`,
  sequences: (_from, to) => `Set sequences at ${to} far above every key given away`,
  promote: (_from, to) => `Give ${to} the right to write, under the next epoch`,
  probe: (_from, to) => `Write once at ${to} through the lease, and measure`,
  reverse: (from, to) => `Have ${from} follow ${to}, as soon as it answers`,
};

/** What each step took, at most, where nothing has been measured yet. */
const guess: Record<StepName, number> = {
  fence: 1,
  drain: 1,
  detach: 1,
  sequences: 0.5,
  promote: 0.2,
  probe: 0.2,
  reverse: 1,
};

/** How long it took the last time that a region was lost. */
function noticedBefore(runs: readonly StoredRun[]): number | null {
  const facts = runs.find(
    run => !run.dry && run.facts.downAt !== null && run.facts.lastHeardAt !== null,
  )?.facts;
  if (!facts?.downAt || !facts.lastHeardAt) return null;
  return Math.max(0, Math.round((Date.parse(facts.downAt) - Date.parse(facts.lastHeardAt)) / 100) / 10);
}

export async function planFailover(ctx: ReadContext, from: string, to: string): Promise<FailoverPlan> {
  const now = ctx.clock.now().getTime();
  const [verdict, writes, settings, runs, observations, ordered] = await Promise.all([
    readReadiness(ctx, from, to),
    selectWrites(ctx.db),
    readSettings(ctx.db),
    selectOrders(ctx.db),
    selectObservations(ctx.db),
    selectOrderTimes(ctx.db),
  ]);
  const streams = await streamsBetween(ctx, from, to, leadsFrom(writes, from));
  const seen = observations.filter(o => o.region === from);
  const answers = answersUs(seen, settings.quorum, now);
  const own = seen.find(o => o.observer === 'console');
  // Whoever still answers is emptied first: nothing is lost then. Of a silent one, lag says nothing any more.
  const loss = answers
    ? { bytes: 0, seconds: 0 }
    : await lossOf(
        ctx,
        streams.map(s => s.id),
        { lsn: own?.lsn ?? null, heardAt: own?.heardAt ?? null },
      );
  const away = await Promise.all(streams.map(s => enteredAway(ctx, s.id)));
  const past = runs.find(run => !run.dry && run.state === 'done');
  const seconds = (name: StepName): number => {
    if (name === 'fence') return !answers ? (leaseMs + marginMs) / 1000 : guess.fence;
    const step = past?.steps.find(s => s.name === name && s.startedAt && s.endedAt);
    return step
      ? Math.max(0.1, (Date.parse(step.endedAt ?? '') - Date.parse(step.startedAt ?? '')) / 1000)
      : guess[name];
  };
  const steps = (Object.keys(stepTitles) as StepName[]).map(name => ({
    name,
    title: stepTitles[name](from, to),
    seconds: Math.round(seconds(name) * 10) / 10,
  }));
  const upToWrite = steps.filter(s => s.name !== 'reverse').reduce((sum, s) => sum + s.seconds, 0);
  return {
    from,
    to,
    epoch: Math.max(0, ...writes.filter(w => w.region === from || w.region === to).map(w => w.epoch)) + 1,
    steps,
    readiness: verdict,
    predicted: {
      rpoBytes: loss.bytes,
      rpoSeconds: loss.seconds,
      rtoSeconds: Math.round(upToWrite * 10) / 10,
      detectSeconds: answers ? null : (noticedBefore(runs) ?? (noticeMs + downAfterMs) / 1000),
      basis: `${past ? 'Steps take what they took the last time' : 'Nothing was measured yet, so the steps are estimated'}; ${
        answers
          ? `${from} answers, so it is emptied first, or keeps the right to write`
          : `${from} does not answer, so its lease has to lapse, and what had not arrived is lost`
      }`,
    },
    answers,
    streams: streams.map(s => s.id),
    tenants: [...new Set(streams.flatMap(s => s.tenants))],
    // At home they are: what a stream leaves out on its way back never left the region that it leads to.
    withheld: streams
      .filter(s => !s.leadsBack)
      .flatMap(s => s.tables.flatMap(t => t.withheld.map(column => `${t.table}.${column}`))),
    homewards: away.some(found => found === null) ? null : away.flatMap(found => found ?? []),
    breaker: breakerOf(settings, ordered, now),
    simulated: verdict.simulated,
  };
}
