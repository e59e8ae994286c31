import { z } from 'zod';
import { type Phase, phases } from './phases.ts';

export { type Phase, phases } from './phases.ts';

export interface Variable<S extends z.ZodType = z.ZodType> {
  schema: S;
  /** What it is for, one sentence. */
  purpose: string;
  /** What happens without it. */
  without: string;
  phases: readonly Phase[] | 'all' | 'console';
  /** Phases in which its absence sets SIMULATION_MODE=true. */
  critical?: readonly Phase[];
  /** Critical variables that stand in for one another: one of each group is enough. */
  oneOf?: string;
  secret?: boolean;
  /** How precheck finds out whether what it names is really there. */
  probe?: Probe;
}

export type Probe =
  | 'postgres'
  | 'postgres_list'
  | 'registry_health'
  | 'prometheus'
  | 'prometheus_list'
  | 'loki'
  | 'vault'
  | 'http'
  | 'oci'
  | 'openai'
  | 'redis'
  | 'kafka'
  | 'smtp'
  | 'cosign_key'
  | 'ansible_inventory'
  | 'webhook'
  | 'kube_context'
  | 'set';

export const flag = z.stringbool({ truthy: ['true', '1', 'yes'], falsy: ['false', '0', 'no'] });
export const port = z.coerce.number().int().min(1).max(65535);
/** The phases a variable is read in. */
export const phasesOf = (v: Variable): readonly Phase[] =>
  v.phases === 'all' ? phases : v.phases === 'console' ? [] : v.phases;

export const variable = <S extends z.ZodType>(v: Variable<S>) => v;
