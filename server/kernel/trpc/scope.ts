import type { Principal } from '../auth/principal.ts';
import { mintScope, type Scope } from '../db/scope.ts';

/** From who is calling to what the database will admit. The only caller of `mintScope` besides the job runner. */
export function scopeOf(principal: Principal): Scope {
  if (principal.tenantId !== undefined)
    return mintScope({ role: 'atom_tenant', tenantId: principal.tenantId, reach: 'all' });
  if (principal.holders.length === 1 && principal.holders[0] === 'auditor')
    return mintScope({ role: 'atom_auditor', reach: 'all' });
  return mintScope({ role: 'atom_app', reach: principal.kind === 'simulation' ? 'simulated' : 'all' });
}

export const tenantScope = (tenantId: string, reach: 'all' | 'simulated'): Scope =>
  mintScope({ role: 'atom_tenant', tenantId, reach });

/** For the kernel's own entries about callers who may not write themselves. */
export const mintAppScope = (): Scope => mintScope({ role: 'atom_app', reach: 'all' });

/** For a person's own account: what the role may otherwise not write is the person's own business here. */
export const ownScope = (principal: Principal): Scope =>
  principal.tenantId === undefined
    ? mintScope({ role: 'atom_app', reach: scopeOf(principal).reach })
    : scopeOf(principal);

/** What is meant for looking only reads as the role that has no write grant anywhere, whoever looks. */
export const readOnlyScope = (principal: Principal): Scope =>
  mintScope({ role: 'atom_auditor', reach: scopeOf(principal).reach });
