import type { Clock } from '#kernel/clock/clock.ts';
import type { Database, ReadDb } from '#kernel/db/database.ts';
import { realFencing } from '../gateway.real.ts';
import { simulatedFencing } from '../gateway.simulated.ts';
import type { FencingGateway } from '../gateway.ts';
import { writesNow } from '../store.ts';

export interface Reaching {
  db: ReadDb;
  database: Database;
  clock: Clock;
}

export const fencingOf = (ctx: Reaching, simulated: boolean): FencingGateway =>
  simulated
    ? simulatedFencing(
        ctx.db,
        () => ctx.clock.now(),
        region => writesNow(ctx.database, region),
      )
    : realFencing;
