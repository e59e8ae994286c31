import { type GateDeps, resolvePrincipal } from '../../auth/gate.ts';
import type { Principal } from '../../auth/principal.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { leasedTokens, takeToken } from '../rate-limit.ts';
import type { RestRequest } from './handle.ts';

const calls = { capacity: 600, perSecond: 200 };
const wrongTokens = { capacity: 20, perSecond: 1 };

/** Who calls, and whether they call too often: per caller, and per address for wrong tokens and for those without one. */
export function limitedPrincipal(deps: GateDeps, mayActAsSimulation: (request: RestRequest) => boolean) {
  const spend = leasedTokens(deps.database, calls);
  return async (request: RestRequest): Promise<Principal> => {
    const principal = await resolvePrincipal(
      { authorization: request.header('authorization'), mayActAsSimulation: mayActAsSimulation(request) },
      deps,
    ).catch(async error => {
      if (error instanceof DomainError && error.kind === 'unauthenticated')
        await takeToken(deps.database, `rest:wrong-token:${request.ip}`, wrongTokens, deps.clock.now());
      throw error;
    });
    const ownName = principal.kind !== 'anonymous' && principal.kind !== 'simulation';
    const who = ownName ? principal.id : request.ip;
    await spend(`rest:${principal.kind}:${who}`, deps.clock.now());
    return principal;
  };
}
