import type { PlanStep } from '#kernel/actions/plan.ts';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { WorldCommand, WorldMetric } from '#server/world/schema.ts';
import { appendWorldCommand, loadWorld } from '#server/world/state.ts';
import type { World } from '#server/world/world.ts';
import { effectEvent } from './events.ts';
import { compared, healthOf, isStarting, measured, wantedOf } from './gateway.simulated/checks.ts';
import { commandBack, commandOf, inWords } from './gateway.simulated/commands.ts';
import { stateOf } from './gateway.simulated/state.ts';
import {
  type ActionDriver,
  type Applied,
  type CanarySamples,
  DriverRefused,
  type Facts,
  type Order,
  TargetMoved,
  type TargetState,
} from './gateway.ts';
import { claimEffect, wasCarriedOut } from './store/effects.ts';

/** A smaller service is busier, and that is no failure: load is shown beside what users would notice. */
const watched: readonly (readonly [WorldMetric, 'increase' | 'context'])[] = [
  ['error_ratio', 'increase'],
  ['latency_p95_ms', 'increase'],
  ['cpu', 'context'],
];
/** The part that is tried lives through the last half hour again: in this world the past can be had at once. */
const replayMs = 30 * 60_000;
const stepMs = 15_000;

/** The simulated world, which really changes: what is done here is what telemetry, risk and cost see from then on. */
export function simulatedDriver({ database, clock }: { database: Database; clock: Clock }): ActionDriver {
  const ctx = () => systemContext('actions', database, clock);
  const world = () => loadWorld(ctx().db, clock.now());
  const now = () => clock.now().getTime();
  const read = async (target: string) => stateOf(await world(), target, now());
  const versionOf = async (target: string) => (await read(target))?.version ?? 'gone';

  async function carryOut(
    order: Order,
    fences: string[],
    target: string,
    command: WorldCommand | null,
  ): Promise<Applied> {
    const { tenantId, executionId, idempotencyKey: key } = order;
    const said =
      order.fraction !== undefined
        ? 'a copy of the simulated world was made; the target itself is unchanged'
        : command
          ? inWords(command)
          : 'nothing had to be changed';
    const version = await versionOf(target);
    const effect = (k: string) => ({ key: k, tenantId, executionId, driver: 'simulated', version });
    const first = await ctx().commit(
      done =>
        effectEvent({ id: executionId, tenantId }, { key, target, said, repeated: !done, simulated: true }),
      async tx => {
        // An order that is still on its way when it is taken back must find its key spent.
        for (const fence of fences) await claimEffect(tx, effect(fence), clock.now());
        const claimed = await claimEffect(tx, effect(key), clock.now());
        if (claimed && command) await appendWorldCommand(tx, command, clock.now(), key);
        return claimed;
      },
      { tenantId },
    );
    return { version: await versionOf(target), repeated: !first, said };
  }

  return {
    name: 'simulated',
    simulated: true,
    targets: async tenantId => {
      const w = await world();
      const load = (id: string) => w.metric('cpu', id, now()) ?? 0;
      return w.services
        .filter(service => service.tenantId === tenantId)
        .toSorted((a, b) => load(b.id) - load(a.id) || (a.id < b.id ? -1 : 1))
        .flatMap(service => stateOf(w, service.id, now()) ?? []);
    },
    handles: async step => {
      const found = await read(step.target);
      return found !== null && (capable[found.kind] ?? []).includes(step.action);
    },
    read,
    snapshot: async step => {
      const found = await read(step.target);
      if (!found) throw new DriverRefused(`The simulated world has no ${step.target}.`);
      return { ...found, takenAt: clock.now().toISOString() };
    },
    dryRun: async (step, before) => {
      const command = commandOf(step);
      const w = await world();
      if (step.action === 'failover' && !w.regions.some(r => r.name === step.params.toRegion))
        throw new DriverRefused(`There is no region ${step.params.toRegion} to fail over to.`);
      const after = command ? stateOf(w.with(command, now()), step.target, now())?.state : before.state;
      const changes = Object.entries(after ?? {}).flatMap(([field, value]) =>
        (before.state[field] ?? null) === value || field === 'load'
          ? []
          : [{ field, before: before.state[field] ?? null, after: value }],
      );
      const warnings = warningsOf[step.action];
      return { changes, reversible: step.action !== 'rotate-keys', warnings: warnings ? [warnings] : [] };
    },
    apply: async (step, _before, order) => {
      const found = await read(step.target);
      if (!found) throw new DriverRefused(`The simulated world has no ${step.target} any more.`);
      const done = await wasCarriedOut(ctx().db, order.idempotencyKey);
      if (order.expected !== null && found.version !== order.expected && !done)
        throw new TargetMoved(step.target, order.expected, found.version);
      // A part is not a place of its own in this world: it is tried in a copy, and the whole stays as it is.
      return carryOut(order, [], step.target, order.fraction === undefined ? commandOf(step) : null);
    },
    verify: async (step, before) => {
      const w = await world();
      const found = stateOf(w, step.target, now());
      const asWanted = compared(wantedOf(step, before), found);
      const health = healthOf(w, step, Date.parse(before.takenAt), now());
      const judged = measured([...asWanted, ...health]);
      const starting = asWanted.every(check => check.ok) && isStarting(w, step.target, now());
      return judged.outcome === 'wrong' && starting ? { ...judged, outcome: 'settling' } : judged;
    },
    rollback: async (step, before, order) => {
      const found = await read(step.target);
      const fences = ['part', 'all'].map(part => order.idempotencyKey.replace(/[^:]+$/, part));
      return carryOut(order, fences, step.target, found ? commandBack(step, before, found) : null);
    },
    restored: async (_step, before) => {
      const { replicas, release, region, schedulable, drained } = before.state;
      const wanted = Object.entries({ replicas, release, region, schedulable, drained });
      const facts = Object.fromEntries(wanted.filter(([, value]) => value !== undefined)) as Facts;
      return measured(compared(facts, await read(before.target)));
    },
    canary: {
      watchMs: 0,
      replayedMinutes: replayMs / 60_000,
      fraction: (step, { kind, state: { replicas } }) => {
        if (kind !== 'service' || typeof replicas !== 'number' || replicas < 1) return null;
        if (step.action === 'scale' && step.params.replicas === 0) return null;
        return ['scale', 'restart', 'rollback'].includes(step.action) ? 1 / Math.max(2, replicas) : null;
      },
      samples: async step => {
        const w = await world();
        const command = commandOf(step);
        const to = now();
        const tried = command ? w.with(command, to - replayMs) : w;
        const points = (of: World, name: WorldMetric) =>
          of.series(name, step.target, to - replayMs + stepMs, to, stepMs).map(point => point.value);
        return Object.fromEntries(
          watched.map(([name, direction]) => [
            name,
            {
              baseline: points(w, name),
              canary: points(tried, name),
              direction,
              critical: name === 'error_ratio',
            },
          ]),
        ) satisfies CanarySamples;
      },
    },
  };
}

const capable: Partial<Record<TargetState['kind'], readonly PlanStep['action'][]>> = {
  service: ['scale', 'restart', 'rollback', 'failover', 'dryrun'],
  node: ['cordon', 'drain', 'dryrun'],
  region: ['rotate-keys', 'dryrun'],
};

const warningsOf: Partial<Record<PlanStep['action'], string>> = {
  drain: 'What runs on the node moves to others of its region.',
  'rotate-keys': 'The keys before cannot be brought back.',
  failover: 'The service is restarted in the other region.',
};
