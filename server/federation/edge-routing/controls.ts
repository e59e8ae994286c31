import { defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { regionDown } from './rules/quorum.ts';
import { fencingOf } from './service/gateways.ts';
import { readSettings, selectObservations, selectOrders, selectWrites } from './store.ts';

export const oneWriter = defineControl({
  id: 'P7.one_writer',
  policy: 'P7',
  system: 'edgeRouting',
  title: 'Every region that may not write refuses, by its own database',
  phases: ['G.1'],
  run: async ctx => {
    const all = await selectWrites(ctx.db);
    if (all.length === 0) return { result: 'N/A', reason: 'No region holds the right to write' };
    const unknown = all.filter(row => row.unknownSince !== null).map(row => row.region);
    const rows = all.filter(row => row.unknownSince === null);
    const wrong: string[] = [];
    const silent: string[] = [];
    for (const row of rows)
      try {
        const lease = await fencingOf(ctx, row.simulated).lease(row.region);
        if (!row.writes && lease?.holds)
          wrong.push(`${row.region} would accept writes at epoch ${lease.epoch}`);
      } catch {
        if (!row.writes) silent.push(row.region);
      }
    if (wrong.length > 0) return { result: 'FAIL', reason: wrong.join('; ') };
    if (unknown.length > 0)
      return { result: 'BLOCKED', reason: `Who may write is not known in ${unknown.join(', ')}` };
    return silent.length > 0
      ? { result: 'BLOCKED', reason: `Not reached, so not looked at: ${silent.join(', ')}` }
      : {
          result: 'PASS',
          reason: `${rows.filter(r => r.writes).length} of ${rows.length} regions may write, the others refuse`,
        };
  },
});

export const noLoss = defineControl({
  id: 'P7.writers_up',
  policy: 'P7',
  system: 'edgeRouting',
  title: 'No region with the right to write is lost',
  phases: ['G.1'],
  run: async ctx => {
    const [rows, observations, settings] = await Promise.all([
      selectWrites(ctx.db),
      selectObservations(ctx.db),
      readSettings(ctx.db),
    ]);
    const writers = rows.filter(r => r.writes);
    if (writers.length === 0) return { result: 'N/A', reason: 'No region holds the right to write' };
    const now = ctx.clock.now().getTime();
    const of = (region: string) =>
      regionDown(
        observations.filter(o => o.region === region),
        settings.quorum,
        now,
      ).down;
    const lost = writers.filter(w => of(w.region) === true).map(w => w.region);
    if (lost.length > 0) return { result: 'FAIL', reason: `Observers agree that ${lost.join(', ')} is down` };
    const unseen = writers.filter(w => of(w.region) === null).map(w => w.region);
    return unseen.length > 0
      ? { result: 'BLOCKED', reason: `Nobody can say of ${unseen.join(', ')}` }
      : { result: 'PASS', reason: `${writers.length} writers were seen` };
  },
});

export const failoverApproved = defineControl({
  id: 'P3.failover_approved',
  policy: 'P3',
  system: 'edgeRouting',
  title: 'Every failover that changed something was approved',
  phases: ['G.1'],
  run: async ctx => {
    const runs = await selectOrders(ctx.db, 500);
    if (runs.length === 0) return { result: 'N/A', reason: 'No failover has been made' };
    const rows = await ctx.db.query<{ id: string }>({
      sql: `select r.id from failover_run r where not r.dry and not exists (select 1 from ledger_entry e
        where e.type in ('failover.begun', 'failover.decided') and position(convert_to(r.id::text, 'UTF8') in e.body) > 0
          and position(convert_to('"causedBy"', 'UTF8') in e.body) > 0)`,
      parameters: [],
    });
    return rows.length === 0
      ? { result: 'PASS', reason: `${runs.length} failovers name the approval that set them free` }
      : {
          result: 'FAIL',
          reason: `Without an approval in the ledger: ${rows.map(row => row.id).join(', ')}`,
        };
  },
});

declareControls([oneWriter, noLoss, failoverApproved]);
