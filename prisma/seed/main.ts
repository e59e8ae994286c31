import { systemClock } from '#kernel/clock/clock.ts';
import { openDatabase } from '#kernel/db/database.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { seedActions } from './actions.ts';
import { seedCosts } from './costs.ts';
import { seedLedger } from './ledger.ts';
import { seedLogins } from './logins.ts';
import { seedProposals } from './proposals.ts';
import { seedRegions } from './regions.ts';
import { seedRisk } from './risk.ts';
import { seedGameDays } from './simulation.ts';
import { seedTenants } from './tenants.ts';

/** The demo world and the first logins. Each part looks whether it is there already, so that it may always run. */
export async function seed(dsn: string): Promise<void> {
  const database = openDatabase(dsn);
  try {
    const ctx = systemContext('seed', database, systemClock);
    await seedLogins(ctx);
    await seedRegions(ctx);
    await seedTenants(ctx);
    await seedActions(ctx);
    await seedRisk(ctx);
    await seedProposals(ctx);
    await seedGameDays(ctx);
    await seedLedger(ctx);
    await seedCosts(ctx);
  } finally {
    await database.close();
  }
}
