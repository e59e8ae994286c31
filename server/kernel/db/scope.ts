import type { Brand } from '../ids/ids.ts';
import type { DatabaseRole } from './names.ts';

export interface ScopeShape {
  /** The login role that statements of this scope run as. */
  role: DatabaseRole;
  /** Set for `atom_tenant`: RLS admits rows of this tenant only. */
  tenantId?: string;
  /** `simulated`: the caller reaches simulated, non-production rows only. */
  reach: 'all' | 'simulated';
}

/** Minted by the gate alone; a store cannot be called without one. */
export type Scope = Brand<Readonly<ScopeShape>, 'Scope'>;

/** Only `kernel/trpc` and `kernel/jobs` call this (a structure check says so). */
export const mintScope = (shape: ScopeShape): Scope => Object.freeze({ ...shape }) as Scope;
