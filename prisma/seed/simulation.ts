import type { CommandContext } from '#kernel/trpc/context.ts';
import { scenarios } from '#server/governance/simulation/rules/scenarios.ts';
import { scheduleGameDay } from '#server/governance/simulation/service/schedules.ts';

/** Chaos weekly from the first start on: each game day once a week, on its own day and in a quiet hour. */
export async function seedGameDays(ctx: CommandContext): Promise<void> {
  // Those that somebody ended stay ended: only a console without any history gets them.
  const [known] = await ctx.db.query<{ n: number }>({
    sql: 'select count(*)::int as n from game_day_schedule',
    parameters: [],
  });
  if ((known?.n ?? 0) > 0) return;
  for (const [i, { id: scenario }] of scenarios.filter(s => s.gameDay).entries())
    await scheduleGameDay(ctx, { scenario, weekday: i % 7, hour: 3 + 2 * Math.floor(i / 7), minute: 20 });
}
