import type { Holder, Permission } from '../authz/permission.ts';

/** Who is calling, as established by the gate for this one request; roles are read from the database each time. */
export interface Principal {
  kind: 'user' | 'token' | 'tenant' | 'simulation' | 'system' | 'anonymous';
  id: string;
  name: string;
  holders: readonly Holder[];
  /** A principal bound to one tenant sees that tenant only. */
  tenantId?: string;
  /** An API token may carry fewer permissions than its roles give. */
  only?: readonly Permission[];
  sessionId?: string;
  /** When the second factor was last given in this session. */
  mfaAt?: Date | null;
  mfaEnrolled?: boolean;
}

export const anonymous: Principal = {
  kind: 'anonymous',
  id: 'anonymous',
  name: 'Anonymous',
  holders: ['anonymous'],
};

/** An unauthenticated call from loopback while SIMULATION_MODE is true. Reaches simulated, non-production things only. */
export const simulationPrincipal: Principal = {
  kind: 'simulation',
  id: 'simulation',
  name: 'Simulation',
  holders: ['simulation'],
};

export const systemPrincipal = (job: string): Principal => ({
  kind: 'system',
  id: job,
  name: job,
  holders: ['system'],
});
