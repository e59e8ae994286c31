import { type Control, defineControl } from './define.ts';

const share = 0.95;
/** Below this many calls a 95th percentile says nothing. */
const enough = 20;
const minutes = 10;

interface Judged {
  procedure: string;
  within: number;
  total: number;
}

/** Looks at the last ten minutes of every process, so that one slow minute does not fail for ever. */
export function budgetControl(): Control {
  return defineControl({
    id: 'P6.procedures',
    policy: 'P6',
    system: 'kernel',
    title: 'Reads answer within 500 ms and commands within 2 s at the 95th percentile',
    run: async ctx => {
      const since = new Date(ctx.clock.now().getTime() - minutes * 60_000);
      const counted = await ctx.db.query<Judged>({
        name: 'p6-calls',
        sql: `select procedure, sum(within)::int as within, sum(total)::int as total from procedure_minute
          where minute > $1 group by procedure order by procedure`,
        parameters: [since],
      });
      const judged = counted.filter(p => p.total >= enough);
      const calls = counted.reduce((sum, p) => sum + p.total, 0);
      if (judged.length === 0)
        return {
          result: 'N/A',
          reason: `${calls} calls in the last ${minutes} minutes are too few to judge`,
        };
      const slow = judged.filter(p => p.within < share * p.total);
      return slow.length === 0
        ? {
            result: 'PASS',
            reason: `${judged.length} procedures with ${calls} calls in all processes kept their budget`,
          }
        : {
            result: 'FAIL',
            reason: slow
              .map(p => `${p.procedure}: ${p.total - p.within} of ${p.total} calls were over budget`)
              .join('; '),
          };
    },
  });
}
