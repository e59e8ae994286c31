import { env } from '#kernel/env/env.ts';
import { freezeTree } from '#kernel/regions/freeze.ts';
import { regionServer } from '#kernel/regions/servers.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { noRole, notEmbedded } from '../errors.ts';
import { failoverEvent } from '../events.ts';
import type { FailoverSettings, SettingsInput } from '../schema.ts';
import { readSettings, saveObservation, saveSettings, selectWrites } from '../store.ts';

export async function changeSettings(ctx: CommandContext, change: SettingsInput): Promise<FailoverSettings> {
  const { updatedAt: _at, ...current } = await readSettings(ctx.db);
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const next = { ...current, ...given };
  if (JSON.stringify(next) === JSON.stringify(current)) {
    ctx.unchanged();
    return readSettings(ctx.db);
  }
  await ctx.commit(failoverEvent('failover.settings_changed', 'all', given), tx =>
    saveSettings(tx, next, ctx.clock.now()),
  );
  return readSettings(ctx.ownWrites());
}

/** Makes an embedded server stand still, or go on: a loss that is real, of a server that nobody else depends on. */
export async function practise(
  ctx: CommandContext,
  { region, paused, reason }: { region: string; paused: boolean; reason: string },
): Promise<{ region: string; paused: boolean }> {
  const server = regionServer(region);
  if (!server?.embedded || server.pid === undefined || !env().simulation) throw notEmbedded(region);
  await ctx.commit(failoverEvent('failover.practised', region, { paused, reason }), async () => {});
  freezeTree(server.pid, paused);
  return { region, paused };
}

/** Whoever watches from elsewhere adds a voice of its own: one, under whatever names it speaks. */
export async function observe(
  ctx: CommandContext,
  input: { region: string; observer: string; up: boolean; said: string },
): Promise<{ heard: true }> {
  const roles = await selectWrites(ctx.ownWrites());
  if (!roles.some(row => row.region === input.region)) throw noRole(input.region);
  const { kind, id, name: called } = ctx.principal;
  const name = `${input.observer} (${called})`;
  await ctx.commit(
    failoverEvent('failover.observed', input.region, { observer: name, up: input.up }),
    async () => {},
  );
  await saveObservation(
    ctx.database,
    { ...input, observer: `outside:${kind}:${id}`, name, lsn: null },
    ctx.clock.now(),
  );
  return { heard: true };
}
