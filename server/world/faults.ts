import { hashOf, uniform } from './hash.ts';
import type {
  Fault,
  FaultKind,
  FaultTargetKind,
  PlacedCommand,
  WorldCommand,
  WorldService,
} from './schema.ts';

/** What each fault can befall. */
export const faultTargets: Readonly<Record<FaultKind, readonly FaultTargetKind[]>> = {
  'region-loss': ['region'],
  'replication-stall': ['region'],
  'vault-drift': ['region'],
  'policy-tamper': ['region'],
  'registry-corruption': ['region'],
  'traffic-surge': ['service', 'tenant'],
  'cost-spike': ['service', 'tenant'],
  'slow-metrics': ['region'],
  'clock-skew': ['region'],
  'bad-deploy': ['service'],
  'memory-leak': ['service'],
};

/** What ends a fault besides healing it: acting on its target with the right remedy. */
function mends(fault: Pick<Fault, 'fault' | 'target'>, command: WorldCommand): boolean {
  const { target } = fault;
  switch (command.kind) {
    case 'service.rollback':
    case 'service.deploy':
      return fault.fault === 'bad-deploy' && command.service === target.id;
    case 'keys.rotate':
      return fault.fault === 'vault-drift' && command.target === target.id;
    case 'region.restore':
      return fault.fault === 'region-loss' && command.region === target.id;
    default:
      return false;
  }
}

function endOf(fault: Omit<Fault, 'to'>, natural: number, commands: readonly PlacedCommand[]): number {
  for (const { at, command } of commands) {
    if (at < fault.from) continue;
    if (at >= natural) break;
    if (command.kind === 'fault.heal' ? command.id === fault.id : mends(fault, command)) return at;
  }
  return natural;
}

/** Injected ones, and regions that were failed by hand. An id that is injected twice is one fault, from the first on. */
export function injectedFaults(commands: readonly PlacedCommand[]): Fault[] {
  const faults = new Map<string, Fault>();
  commands.forEach(({ seq, at, command }, i) => {
    const later = () => commands.slice(i + 1);
    if (command.kind === 'fault.inject' && !faults.has(command.id)) {
      const { id, fault, target, intensity } = command;
      const made = { id, fault, target, intensity, from: at, origin: 'command' as const };
      faults.set(id, { ...made, to: endOf(made, Number.POSITIVE_INFINITY, later()) });
    }
    if (command.kind === 'region.fail') {
      const made = {
        id: `region-fail-${seq}`,
        fault: 'region-loss' as const,
        target: { kind: 'region' as const, id: command.region },
        intensity: 1,
        from: at,
        origin: 'command' as const,
      };
      faults.set(made.id, { ...made, to: endOf(made, Number.POSITIVE_INFINITY, later()) });
    }
  });
  return [...faults.values()];
}

const day = 86_400_000;
/** At most one incident of the demo world's own per service and slot. */
const slot = 3 * day;
const chance = 0.35;

const kinds: readonly [until: number, kind: FaultKind, minutes: [number, number]][] = [
  [0.4, 'traffic-surge', [20, 75]],
  [0.65, 'bad-deploy', [12, 50]],
  [0.85, 'memory-leak', [60, 200]],
  [1, 'cost-spike', [600, 1300]],
];

/** The incident that the seed gives a service in one slot, or none. */
function seeded(seed: number, service: WorldService, index: number): Omit<Fault, 'to'> & { until: number } {
  const key = hashOf(service.id);
  const pick = (n: number) => uniform(seed, key ^ 0x5f3759df, index, n);
  const [, fault, [low, high]] = kinds.find(([until]) => pick(2) < until) ?? kinds[0] ?? never();
  const length = (low + pick(4) * (high - low)) * 60_000;
  const from = Math.floor(index * slot + pick(3) * (slot - length));
  return {
    id: `n-${service.id}-${index}`,
    fault,
    target: { kind: 'service', id: service.id },
    intensity: Math.round((0.45 + pick(5) * 0.5) * 100) / 100,
    from,
    until: pick(1) < chance ? Math.floor(from + length) : from,
    origin: 'seed',
  };
}

const never = (): never => {
  throw new Error('no kinds');
};

/** Answers for any instant which incidents of the seed a service suffers; the slots asked before are remembered. */
export function seededFaults(seed: number, service: WorldService, commands: readonly PlacedCommand[]) {
  const known = new Map<number, Fault | null>();
  const inSlot = (index: number): Fault | null => {
    const found = known.get(index);
    if (found !== undefined) return found;
    const { until, ...made } = seeded(seed, service, index);
    const fault = until > made.from ? { ...made, to: endOf(made, until, commands) } : null;
    if (known.size > 64) known.clear();
    known.set(index, fault);
    return fault;
  };
  return {
    /** Incidents never leave their slot. */
    at: (t: number): Fault | null => inSlot(Math.floor(t / slot)),
    between: (from: number, to: number): Fault[] => {
      const found: Fault[] = [];
      for (let i = Math.floor(from / slot); i <= Math.floor(to / slot); i++) {
        const fault = inSlot(i);
        if (fault && fault.from < to && fault.to > from) found.push(fault);
      }
      return found;
    },
  };
}
