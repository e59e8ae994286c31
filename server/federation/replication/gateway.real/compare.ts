import { quoteName, quoteText, type RegionSql, regionSql } from '#kernel/regions/sql.ts';
import type { ChunkQuestion, StreamPlan } from '../gateway.ts';
import type { ChunkHash, RowHash } from '../rules/parity.ts';
import { tableFacts } from './facts.ts';
import { quoteTable, tenantFilter } from './quote.ts';

const chunkMs = 60_000;

interface Shape {
  key: { name: string; type: string }[];
  columns: string[];
}

const shapes = new Map<string, { at: number; shape: Shape }>();

/** The key of the publisher's table orders both sides. Looked up once a minute, not once a chunk. */
async function shapeOf(plan: StreamPlan, table: string): Promise<Shape> {
  const name = `${plan.id} ${plan.publisher} ${table}`;
  const known = shapes.get(name);
  if (known && performance.now() - known.at < 60_000) return known.shape;
  const facts = await tableFacts(regionSql(plan.publisher), table, 'public', 'read');
  if (!facts) throw new Error(`There is no ${table} in ${plan.publisher}.`);
  const key = facts.identityColumns.map(column => ({
    name: column,
    type: facts.columns.find(c => c.name === column)?.type ?? 'text',
  }));
  const shape = { key, columns: plan.tables.find(t => t.table === table)?.columns ?? [] };
  shapes.set(name, { at: performance.now(), shape });
  return shape;
}

const tuple = (list: readonly string[]) => `(${list.join(', ')})`;

/** Its rows in the order of their key: `k0`, `k1`, … and, as wide as the hash is, the bits of each row's. */
function part(shape: Shape, plan: StreamPlan, { table, after, upTo, limit }: ChunkQuestion): string {
  const key = shape.key.map(k => quoteName(k.name));
  const literal = (values: readonly string[]) =>
    tuple(shape.key.map((k, i) => `${quoteText(values[i] ?? '')}::${k.type}`));
  const where = [
    tenantFilter(plan.tenants),
    ...(after ? [`${tuple(key)} > ${literal(after)}`] : []),
    ...(upTo ? [`${tuple(key)} <= ${literal(upTo)}`] : []),
  ];
  return `select ${key.map((k, i) => `${k} as k${i}`).join(', ')},
      ('x' || md5(row(${shape.columns.map(quoteName).join(', ')})::text))::bit(128) as hash
    from ${quoteTable(table)} where ${where.join(' and ')} order by ${key.join(', ')} ${limit === null ? '' : `limit ${limit}`}`;
}

const keyOf = (shape: Shape): string => `array[${shape.key.map((_, i) => `k${i}::text`).join(', ')}]`;
const inOrder = (shape: Shape, way: 'asc' | 'desc'): string =>
  shape.key.map((_, i) => `k${i} ${way}`).join(', ');

const sideSql = (plan: StreamPlan, side: 'publisher' | 'subscriber'): RegionSql =>
  regionSql(side === 'publisher' ? plan.publisher : plan.subscriber, chunkMs);

/**
 * Just copied or filled, a table has no statistics that fit, and the planner would read and sort all of it for each
 * chunk. Autovacuum comes when it comes. Where this login may not, the server says so in a
 * warning and goes on; where somebody else holds the table, it goes without.
 */
export async function freshStatistics(plan: StreamPlan, table: string): Promise<void> {
  await Promise.all(
    (['publisher', 'subscriber'] as const).map(async side => {
      const sql = sideSql(plan, side);
      const [stale] = await sql.query(
        `select 1 from pg_class c join pg_stat_all_tables s on s.relid = c.oid
         where c.oid = to_regclass($1) and s.n_mod_since_analyze > greatest(c.reltuples, 1000)`,
        [quoteTable(table)],
      );
      if (stale) await sql.query(`analyze (skip_locked) ${quoteTable(table)}`);
    }),
  );
}

/** The hashes of all rows, combined by XOR: the order in which a server reads them does not matter. */
export async function chunkHash(
  plan: StreamPlan,
  side: 'publisher' | 'subscriber',
  question: ChunkQuestion,
): Promise<ChunkHash> {
  const shape = await shapeOf(plan, question.table);
  const [row] = await sideSql(plan, side).query<ChunkHash>(
    `with part as materialized (${part(shape, plan, question)})
     select count(*)::int as rows, coalesce(bit_xor(hash)::text, '') as hash,
       (select ${keyOf(shape)} from part order by ${inOrder(shape, 'desc')} limit 1) as last from part`,
  );
  return row ?? { rows: 0, hash: '', last: null };
}

export async function rowHashes(
  plan: StreamPlan,
  side: 'publisher' | 'subscriber',
  question: ChunkQuestion,
): Promise<RowHash[]> {
  const shape = await shapeOf(plan, question.table);
  return sideSql(plan, side).query<RowHash>(
    `select ${keyOf(shape)} as key, md5(hash::text) as hash from (${part(shape, plan, question)}) part
     order by ${inOrder(shape, 'asc')}`,
  );
}
