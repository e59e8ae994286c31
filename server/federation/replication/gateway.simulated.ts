import { createHash } from 'node:crypto';
import type { ReadDb } from '#kernel/db/database.ts';
import { loadWorld } from '#server/world/state.ts';
import type { ChunkQuestion, ReplicationGateway, StreamPlan } from './gateway.ts';
import type { Side, TableFacts } from './rules/facts.ts';
import type { ChunkHash, RowHash } from './rules/parity.ts';

const rowsOfTenant = 40;

/** A well-kept server of the simulated world, with the demo world's two tables. */
const columns = {
  'app.customer': [
    'id',
    'tenant_id',
    'name*',
    'email*',
    'phone*',
    'email_key',
    'phone_key',
    'country',
    'segment',
    'created_at',
  ],
  'app.orders': [
    'id',
    'tenant_id',
    'customer_id',
    'status',
    'amount_cents',
    'currency',
    'delivery_note*',
    'placed_at',
  ],
};

const tableOf = (name: string): TableFacts | null => {
  const list = Object.entries(columns).find(([table]) => table === name)?.[1];
  if (!list) return null;
  return {
    columns: list.map(text => ({ name: text.replace('*', ''), type: 'text', personal: text.endsWith('*') })),
    identity: 'index',
    identityColumns: ['id', 'tenant_id'],
    rowSecurity: true,
    forced: true,
    permitted: true,
    guarded: true,
    held: 'nothing',
  };
};

/** Streams between regions of the simulated world: they exist in the console alone, and lag as the world says. */
export function simulatedReplication(db: ReadDb, now: () => Date): ReplicationGateway {
  const world = async () => loadWorld(db, now());
  const up = async (region: string) => {
    const t = now().getTime();
    return (await world()).regionAt(region, t).up;
  };
  const side = async (region: string, tables: readonly string[]): Promise<Side> => ({
    silent: (await up(region)) ? null : `The simulated region ${region} is down`,
    version: 180_000,
    walLevel: 'logical',
    walKeepMb: 1024,
    slots: { max: 10, used: 1, idle: [] },
    senders: { max: 10, used: 1 },
    origins: { max: 10, used: 1 },
    workers: { max: 10, used: 1 },
    role: { name: 'simulated', exists: true, bypass: true, replication: true, subscribes: true, login: true },
    shutOut: [],
    writes: false,
    tables: Object.fromEntries(tables.map(table => [table, tableOf(table)])),
  });
  const lagOf = async (plan: StreamPlan) => {
    const t = now().getTime();
    return (await world()).replicationLagMs(plan.publisher, plan.subscriber, t);
  };
  const rowsOf = (plan: StreamPlan, { table, after, upTo, limit }: ChunkQuestion): RowHash[] => {
    const all = plan.tenants.flatMap((tenant, i) =>
      Array.from({ length: rowsOfTenant }, (_, n) => ({
        key: [String(i * rowsOfTenant + n + 1), tenant],
        hash: createHash('md5').update(`${table} ${tenant} ${n}`).digest('hex'),
      })),
    );
    const place = (key: readonly string[]) => Number(key[0]);
    const open = all.filter(
      row => (!after || place(row.key) > place(after)) && (!upTo || place(row.key) <= place(upTo)),
    );
    return limit === null ? open : open.slice(0, limit);
  };
  const personalOf = (plan: StreamPlan) =>
    plan.tables.flatMap(({ table }) =>
      (tableOf(table)?.columns ?? []).filter(c => c.personal).map(c => ({ table, column: c.name })),
    );
  const valuesOf = (plan: StreamPlan) => {
    const values = plan.tenants.length * rowsOfTenant;
    return { values, of: values };
  };
  const nothing = async () => {};
  return {
    simulated: true,
    facts: async ({ publisher, subscriber, tables }) => ({
      publisher: await side(publisher, tables),
      subscriber: await side(subscriber, tables),
    }),
    publish: nothing,
    fillShadows: nothing,
    subscribe: nothing,
    detach: nothing,
    attach: nothing,
    remove: async () => true,
    unsubscribe: async () => true,
    unpublish: async () => true,
    setPaused: nothing,
    resync: nothing,
    beat: nothing,
    look: async (plan, at) => {
      const [publisher, subscriber, lagMs] = await Promise.all([
        up(plan.publisher),
        up(plan.subscriber),
        lagOf(plan),
      ]);
      const there = plan.state !== 'retired' && plan.state !== 'detached';
      const flowing = there && plan.state !== 'paused' && lagMs !== null;
      // Every second of lag is that second's writes, at a rate that the demo world states.
      const lagBytes = lagMs === null ? null : Math.round(lagMs * 48);
      return {
        at: at.toISOString(),
        publisher: publisher
          ? {
              now: at.toISOString(),
              lsn: 'simulated',
              slot: there
                ? { active: flowing, walStatus: 'reserved', lagBytes, retainedBytes: lagBytes }
                : null,
            }
          : null,
        subscriber: subscriber
          ? {
              exists: there,
              enabled: plan.state !== 'paused',
              worker: flowing,
              receivedLsn: 'simulated',
              heardAt: at.toISOString(),
              beatAt: lagMs === null ? null : new Date(at.getTime() - lagMs).toISOString(),
              applyErrors: 0,
              syncErrors: 0,
              tables: plan.tables.map(({ table }) => ({
                table,
                state: 'r',
                rows: plan.tenants.length * rowsOfTenant,
              })),
            }
          : null,
      };
    },
    freshStatistics: async () => {},
    chunk: async (plan, _side, question): Promise<ChunkHash> => {
      const rows = rowsOf(plan, question);
      const hash = createHash('md5')
        .update(rows.map(row => row.hash).join())
        .digest('hex');
      return { rows: rows.length, hash, last: rows.at(-1)?.key ?? null };
    },
    rowHashes: async (plan, _side, question) => rowsOf(plan, question),
    settle: async plan => ({
      waits: (await lagOf(plan)) === null ? 'nothing flows in the simulated world' : null,
    }),
    reached: async plan => {
      if (!(await up(plan.subscriber))) return null;
      const lagMs = await lagOf(plan);
      const beatAt = lagMs === null ? null : new Date(now().getTime() - lagMs).toISOString();
      return { lsn: 'simulated', beatAt, copying: [] };
    },
    withheldValues: async () => [],
    bringHome: async () => [],
    clearAway: async () => {},
    rowsOf: async (_region, _tenant, tables) => ({
      rows: tables.map(table => ({ table, rows: rowsOfTenant })),
      unread: [],
      uncounted: 0,
    }),
    scan: async (plan, { values }) => ({
      rows: plan.tables.length * plan.tenants.length * rowsOfTenant,
      leaks: [],
      looked: values
        ? personalOf(plan).map(({ table, column }) => ({ table, column, ...valuesOf(plan) }))
        : [],
    }),
    scanValues: async (plan, cursor) => {
      const all = personalOf(plan);
      const next =
        all[cursor ? all.findIndex(c => c.table === cursor.table && c.column === cursor.column) + 1 : 0];
      return next
        ? { looked: { ...next, ...valuesOf(plan) }, leaks: [], next: { ...next, after: null } }
        : null;
    },
  };
}
