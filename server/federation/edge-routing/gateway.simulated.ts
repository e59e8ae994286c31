import type { ReadDb } from '#kernel/db/database.ts';
import { RegionUnreachable } from '#kernel/regions/sql.ts';
import { loadWorld } from '#server/world/state.ts';
import type { FencingGateway } from './gateway.ts';

export interface HeldRole {
  writes: boolean;
  fencing: boolean;
  epoch: number;
}

/**
 * A region of the simulated world is up or down as the world says, and writes exactly while the console's own table of
 * roles lets it: there is no second truth that could differ.
 */
export function simulatedFencing(
  db: ReadDb,
  now: () => Date,
  roleOf: (region: string) => Promise<HeldRole | null>,
): FencingGateway {
  const require = async (region: string): Promise<void> => {
    const t = now().getTime();
    if (!(await loadWorld(db, now())).regionAt(region, t).up)
      throw new RegionUnreachable(region, 'the simulated region is down');
  };
  return {
    simulated: true,
    now: async region => {
      await require(region);
      return { clock: now().toISOString(), lsn: 'simulated' };
    },
    lease: async region => {
      await require(region);
      const role = await roleOf(region);
      return role && { epoch: role.epoch, fence: role.epoch, holds: role.writes && !role.fencing };
    },
    word: async region => {
      await require(region);
      const role = await roleOf(region);
      return {
        ...{ fence: role?.epoch ?? 0, leaseEpoch: role?.writes ? role.epoch : null, holds: false },
        ...{ renewedAt: null, writtenAt: null, lsn: 'simulated', follows: [] },
      };
    },
    renew: async region => {
      await require(region);
      return true;
    },
    fence: require,
    probe: async region => {
      await require(region);
      const role = await roleOf(region);
      if (!role?.writes) throw new Error(`The simulated region ${region} holds no write lease.`);
      return now().toISOString();
    },
    raiseSequences: async (_region, tables) => tables.map(table => `${table} (simulated)`),
    unguarded: async () => [],
    seenFrom: async (observer, region) => {
      await require(observer);
      const t = now().getTime();
      const up = (await loadWorld(db, now())).regionAt(region, t).up;
      return { up, said: up ? `${observer} reached it` : `${observer} could not reach it` };
    },
  };
}
