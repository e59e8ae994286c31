import type { ReadDb, Tx } from '#kernel/db/database.ts';
import { worldSeed } from './catalogue.ts';
import { type PlacedCommand, type WorldCommand, worldCommandSchema } from './schema.ts';
import { createWorld, type World } from './world.ts';

interface Kept {
  seq: number;
  world: World;
}

/** The last world of each database that was asked; folding the commands again is only needed after a new one. */
const kept = new Map<string, Kept>();

/**
 * The world as its commands up to now made it. `db` may be anybody's: the demo world belongs to nobody, and what a tenant
 * may see of it is decided by whoever asks. `now` leaves out what was placed later.
 */
export async function loadWorld(db: ReadDb, now: Date): Promise<World> {
  const head = await db.one<{ seq: number; database: string }>({
    name: 'world-head',
    sql: 'select world_head()::float8 as seq, current_database()::text as database',
    parameters: [],
  });
  const seq = head?.seq ?? 0;
  const key = head?.database ?? '';
  const found = kept.get(key);
  const world = found && found.seq === seq ? found.world : await fold(db, seq, key);
  return world.commands.every(c => c.at <= now.getTime()) ? world : world.upTo(now.getTime());
}

async function fold(db: ReadDb, seq: number, key: string): Promise<World> {
  const rows = await db.query<{ seq: number; at: number; payload: unknown }>({
    name: 'world-commands',
    sql: 'select seq::float8 as seq, at, payload from world_commands() where seq <= $1 order by seq',
    parameters: [seq],
  });
  const commands = rows.map(
    (row): PlacedCommand => ({
      seq: row.seq,
      at: row.at,
      command: worldCommandSchema.parse(row.payload),
    }),
  );
  const world = createWorld(worldSeed, commands);
  if (kept.size > 20) kept.clear();
  kept.set(key, { seq, world });
  return world;
}

/**
 * Changes the world from `at` on, within the caller's transaction. With a key it happens once, however often it is asked:
 * what an idempotent driver needs. Gives the command's place.
 */
export async function appendWorldCommand(
  tx: Tx,
  command: WorldCommand,
  at: Date,
  key: string | null = null,
): Promise<number> {
  const { kind } = command;
  const payload = JSON.stringify(worldCommandSchema.parse(command));
  const [row] = await tx.$queryRaw<
    { seq: number }[]
  >`select append_world_command(${at}::timestamptz, ${kind}, ${payload}::jsonb, ${key})::float8 as seq`;
  return row?.seq ?? 0;
}
