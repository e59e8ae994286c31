import { systemClock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import type { Held } from '#kernel/policy/combine.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { activePolicies } from './read.ts';

/** Every active policy, of all tenants: who asks the kernel names the tenant, and the scope of a policy does the rest. */
export const loadPolicies = (database: Database): Promise<Held[]> =>
  activePolicies(systemContext('policies.load', database, systemClock));
