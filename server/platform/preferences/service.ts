import { isDeepStrictEqual } from 'node:util';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { peopleOnly } from './errors.ts';
import { preferenceSaved } from './events.ts';
import { preferencesOf } from './rules.ts';
import type { Preferences, TablePreference, TourProgress } from './schema.ts';
import { deletePreference, savePreference, selectPreferences } from './store.ts';

export async function readPreferences(ctx: ReadContext): Promise<Preferences> {
  if (ctx.principal.kind !== 'user') return preferencesOf([]);
  return preferencesOf(await selectPreferences(ctx.db, ctx.principal.id));
}

export async function saveTable(
  ctx: CommandContext,
  input: { table: string; value: TablePreference },
): Promise<Preferences> {
  const now = await readPreferences(ctx);
  return keep(ctx, `table:${input.table}`, input.value, now.tables[input.table]);
}

/** Back to how the table comes; its saved views go with it only when they are meant to. */
export async function resetTable(ctx: CommandContext, table: string): Promise<Preferences> {
  const kept = (await readPreferences(ctx)).tables[table];
  if (!kept) {
    ctx.unchanged();
    return readPreferences(ctx);
  }
  const userId = personOf(ctx);
  const key = `table:${table}`;
  await ctx.commit(preferenceSaved(userId, key), tx =>
    kept.views.length > 0
      ? savePreference(
          tx,
          userId,
          key,
          { hidden: [], order: [], dense: false, views: kept.views },
          ctx.clock.now(),
        )
      : deletePreference(tx, userId, key),
  );
  return readPreferences(ctx);
}

export async function saveTour(ctx: CommandContext, progress: TourProgress): Promise<Preferences> {
  return keep(ctx, 'tour', progress, (await readPreferences(ctx)).tour);
}

async function keep(
  ctx: CommandContext,
  key: string,
  value: TablePreference | TourProgress,
  current: unknown,
): Promise<Preferences> {
  const userId = personOf(ctx);
  if (isDeepStrictEqual(value, current)) ctx.unchanged();
  else
    await ctx.commit(preferenceSaved(userId, key), tx =>
      savePreference(tx, userId, key, value, ctx.clock.now()),
    );
  return readPreferences(ctx);
}

function personOf(ctx: CommandContext): string {
  if (ctx.principal.kind !== 'user') throw peopleOnly();
  return ctx.principal.id;
}
