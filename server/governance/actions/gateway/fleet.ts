import type { PlanStep } from '#kernel/actions/plan.ts';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import type { Json } from '#kernel/ledger/event.ts';
import {
  type ActionDriver,
  type Check,
  DriverRefused,
  type Measured,
  type Order,
  type Snapshot,
  TargetMoved,
  type TargetState,
} from '../gateway.ts';
import { once, wasGiven } from './once.ts';

/** Groups of like machines or containers of a cloud, which have a size and can be replaced one after the other. */
export interface CloudFleet {
  list(tenantId: string): Promise<TargetState[]>;
  read(target: string, tenantId: string): Promise<TargetState | null>;
  /** `id` is the same for every attempt at one order, where the cloud can remember it. */
  setSize(target: string, size: number, id: string): Promise<void>;
  restart(target: string, id: string): Promise<void>;
  /** What changes when all of a group was replaced. */
  readonly generation: string;
}

const noConditions =
  'This cloud has neither a dry run nor a conditional write of it: the preview is computed, and the target is looked at right before.';

/** Scale and restart on a cloud: what is there is read, checked against the manifest, told once, looked at again. */
export function cloudDriver(
  name: string,
  from: { database: Database; clock: Clock },
  fleet: CloudFleet,
): ActionDriver {
  const present = async (target: string, tenantId: string): Promise<TargetState> => {
    const state = await fleet.read(target, tenantId);
    if (!state) throw new DriverRefused(`${name} has no ${target} of this tenant.`);
    return state;
  };

  /** Looks whether the target is still what the manifest names. */
  async function unmoved(target: string, order: Order): Promise<TargetState> {
    const now = await present(target, order.tenantId);
    if (order.expected !== null && now.version !== order.expected)
      throw new TargetMoved(target, order.expected, now.version);
    order.signal.throwIfAborted();
    return now;
  }
  const done = async (target: string, order: Order, repeated: boolean, said: string) => ({
    version: (await present(target, order.tenantId)).version,
    repeated,
    said,
  });

  /** A size is the same however often it is told. */
  async function resize(target: string, size: number, order: Order) {
    if ((await present(target, order.tenantId)).state.replicas === size)
      return done(target, order, true, `${target} runs ${size} already`);
    await unmoved(target, order);
    await fleet.setSize(target, size, order.idempotencyKey);
    return done(target, order, false, `${target} is told to run ${size}`);
  }

  async function restart(target: string, order: Order) {
    if (await wasGiven(from, order)) return done(target, order, true, `${target} was told before`);
    const { version } = await unmoved(target, order);
    const first = await once(from, name, order, { target, version }, () =>
      fleet.restart(target, order.idempotencyKey),
    );
    return done(target, order, !first, `${target} is told to replace what runs`);
  }

  return {
    name,
    simulated: false,
    targets: fleet.list,
    handles: async (step, tenantId) =>
      (step.action === 'scale' || step.action === 'restart') &&
      (await fleet.read(step.target, tenantId)) !== null,
    read: fleet.read,
    snapshot: async (step, tenantId) => ({
      ...(await present(step.target, tenantId)),
      takenAt: from.clock.now().toISOString(),
    }),
    dryRun: async (step, before) => {
      const now = await present(step.target, before.tenantId ?? '');
      if (now.version !== before.version) throw new TargetMoved(step.target, before.version, now.version);
      return { changes: changesOf(step, before), reversible: true, warnings: [noConditions] };
    },
    apply: (step, _before, order) =>
      step.action === 'scale'
        ? resize(step.target, step.params.replicas, order)
        : restart(step.target, order),
    verify: async (step, before) => {
      const now = await present(step.target, before.tenantId ?? '');
      if (step.action === 'scale') return sized(now, step.params.replicas);
      const changed =
        JSON.stringify(now.state[fleet.generation]) !== JSON.stringify(before.state[fleet.generation]);
      const check: Check = {
        name: fleet.generation,
        ok: changed,
        wanted: 'another than before',
        found: now.state[fleet.generation] ?? null,
      };
      if (!changed) return { outcome: 'settling', checks: [check] };
      const size = sized(now, Number(before.state.replicas));
      return { outcome: size.outcome, checks: [check, ...size.checks] };
    },
    rollback: async (step, before, order) => {
      const now = await present(step.target, order.tenantId);
      const size = before.state.replicas;
      if (step.action !== 'scale' || typeof size !== 'number' || now.state.replicas === size)
        return { version: now.version, repeated: true, said: 'nothing had to be changed' };
      return resize(step.target, size, { ...order, expected: null });
    },
    restored: async (_step, before) =>
      sized(await present(before.target, before.tenantId ?? ''), Number(before.state.replicas)),
  };
}

function changesOf(step: PlanStep, before: Snapshot): { field: string; before: Json; after: Json }[] {
  const field = (name: string, after: Json) =>
    before.state[name] === after ? [] : [{ field: name, before: before.state[name] ?? null, after }];
  return step.action === 'scale'
    ? field('replicas', step.params.replicas)
    : [{ field: 'instances', before: 'as they are', after: 'all replaced' }];
}

function sized({ state }: TargetState, wanted: number): Measured {
  const checks: Check[] = [
    { name: 'replicas', ok: state.replicas === wanted, wanted, found: state.replicas ?? null },
    {
      name: 'ready',
      ok: state.ready === wanted && state.settled !== false,
      wanted,
      found: state.ready ?? null,
    },
  ];
  const [told, ready] = checks;
  return { outcome: !told?.ok ? 'wrong' : ready?.ok ? 'ok' : 'settling', checks };
}
