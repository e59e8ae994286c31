import { defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { staleSeconds } from './rules/merge.ts';
import { readSources } from './service.ts';

export const regionsObserved = defineControl({
  id: 'P4.metrics_regions',
  policy: 'P4',
  system: 'metrics',
  title: 'Every region’s Prometheus answers with samples of this minute',
  phases: ['G.1'],
  run: async ctx => {
    const { rows } = await readSources(ctx);
    if (rows.length === 0) return { result: 'N/A', reason: 'No region’s Prometheus is connected' };
    const now = ctx.clock.now().getTime() / 1000;
    const faults = rows.flatMap(row =>
      row.state !== 'answered'
        ? [`${row.region} ${row.reason}`]
        : row.newest !== null && now - row.newest > 2 * staleSeconds
          ? [`the newest sample of ${row.region} is ${Math.round(now - row.newest)} s old`]
          : [],
    );
    return faults.length === 0
      ? { result: 'PASS', reason: `${rows.length} regions answered` }
      : { result: 'FAIL', reason: faults.join('; ') };
  },
});

declareControls([regionsObserved]);
