import { hashOf } from './hash.ts';
import type {
  NodeState,
  PlacedCommand,
  ServiceState,
  WorldNode,
  WorldRegion,
  WorldService,
} from './schema.ts';

interface Change<T> {
  at: number;
  state: T;
}

/** The last change at or before `t`. */
export function stateAt<T>(changes: readonly Change<T>[], t: number): T {
  let low = 0;
  let high = changes.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((changes[middle]?.at ?? 0) <= t) low = middle;
    else high = middle - 1;
  }
  const found = changes[low];
  if (!found) throw new Error('a timeline begins with what was always so');
  return found.state;
}

/** Sorted by `seq`, and no command holds earlier than the one before it: appending never changes what was. */
export function inOrder(commands: readonly PlacedCommand[]): PlacedCommand[] {
  let last = Number.NEGATIVE_INFINITY;
  return [...commands]
    .sort((a, b) => a.seq - b.seq)
    .map(placed => {
      last = Math.max(last, placed.at);
      return { ...placed, at: last };
    });
}

const always = Number.NEGATIVE_INFINITY;

export const firstVersion = (id: string) => `1.${hashOf(id) % 9}.${hashOf(`${id}.`) % 20}`;

export interface Timelines {
  services: Map<string, Change<ServiceState>[]>;
  nodes: Map<string, Change<{ schedulable: boolean; drained: boolean }>[]>;
  /** Demand for cores over what undrained nodes offer, where it is more than they have; else 1. */
  crowding: Map<string, Change<number>[]>;
  vaults: Map<string, Change<number>[]>;
}

/** What the commands alone did, folded once. */
export function timelines(
  commands: readonly PlacedCommand[],
  services: readonly WorldService[],
  nodes: readonly WorldNode[],
  regions: readonly WorldRegion[],
  /** Whether a rollback at `at` takes a bad deploy away; the version the commands know of then stays. */
  endsBadDeploy: (service: string, at: number) => boolean,
): Timelines {
  const made: Timelines = {
    services: new Map(
      services.map(s => [
        s.id,
        [
          {
            at: always,
            state: {
              replicas: s.baseReplicas,
              version: firstVersion(s.id),
              region: s.region,
              restartedAt: null,
              canary: null,
              revision: 1,
            },
          },
        ],
      ]),
    ),
    nodes: new Map(nodes.map(n => [n.id, [{ at: always, state: { schedulable: true, drained: false } }]])),
    crowding: new Map(regions.map(r => [r.name, [{ at: always, state: 1 }]])),
    vaults: new Map(regions.map(r => [r.name, [{ at: always, state: 1 }]])),
  };
  const last = <T>(changes: Change<T>[] | undefined) => changes?.at(-1)?.state;

  const change = (id: string, at: number, part: Partial<ServiceState>) => {
    const changes = made.services.get(id);
    const before = last(changes);
    if (before) changes?.push({ at, state: { ...before, ...part, revision: before.revision + 1 } });
  };
  const previousVersion = (id: string): string | undefined => {
    const versions = (made.services.get(id) ?? []).map(c => c.state.version);
    return versions.findLast(v => v !== versions.at(-1));
  };
  const crowd = (at: number) => {
    for (const { name } of regions) {
      const offered = nodes
        .filter(n => n.region === name && !last(made.nodes.get(n.id))?.drained)
        .reduce((sum, n) => sum + n.cores, 0);
      const wanted = services.reduce((sum, s) => {
        const state = last(made.services.get(s.id));
        return sum + (state?.region === name ? state.replicas * s.cores : 0);
      }, 0);
      const state = Math.max(1, wanted / Math.max(1, offered));
      if (state !== last(made.crowding.get(name))) made.crowding.get(name)?.push({ at, state });
    }
  };

  for (const { at, command } of commands) {
    switch (command.kind) {
      case 'service.scale':
        change(command.service, at, { replicas: command.replicas });
        break;
      case 'service.restart':
        change(command.service, at, { restartedAt: at });
        break;
      case 'service.deploy':
        change(command.service, at, { version: command.version, restartedAt: at, canary: null });
        break;
      case 'canary.start':
        change(command.service, at, { canary: { version: command.version, share: command.share } });
        break;
      case 'canary.end': {
        const { canary } = last(made.services.get(command.service)) ?? {};
        const version = command.promote ? canary?.version : undefined;
        if (canary) change(command.service, at, { canary: null, ...(version ? { version } : {}) });
        break;
      }
      case 'service.rollback': {
        const version =
          command.toVersion ??
          (endsBadDeploy(command.service, at) ? undefined : previousVersion(command.service));
        change(command.service, at, { ...(version ? { version } : {}), restartedAt: at, canary: null });
        break;
      }
      case 'service.move':
        change(command.service, at, { region: command.region, restartedAt: at });
        break;
      case 'node.cordon':
      case 'node.uncordon':
      case 'node.drain':
        made.nodes.get(command.node)?.push({
          at,
          state: {
            schedulable: command.kind === 'node.uncordon',
            drained: command.kind === 'node.drain',
          },
        });
        break;
      case 'keys.rotate': {
        const vault = made.vaults.get(command.target);
        vault?.push({ at, state: (last(vault) ?? 1) + 1 });
        break;
      }
      default:
        continue;
    }
    crowd(at);
  }
  return made;
}

/** Each replica set sits on one node of its region, chosen by its name among those that are not drained. */
export function placement(
  t: number,
  made: Timelines,
  services: readonly WorldService[],
  nodes: readonly WorldNode[],
): Map<string, NodeState> {
  const states = new Map<string, NodeState>(
    nodes.map(n => [n.id, { ...stateAt(made.nodes.get(n.id) ?? [], t), services: [] }]),
  );
  for (const service of services) {
    const { region, replicas } = stateAt(made.services.get(service.id) ?? [], t);
    const open = nodes.filter(n => n.region === region && !states.get(n.id)?.drained);
    for (let i = 0; i < Math.min(replicas, open.length); i++) {
      const node = open[(hashOf(service.id) + i) % open.length];
      if (node) states.get(node.id)?.services.push(service.id);
    }
  }
  return states;
}
