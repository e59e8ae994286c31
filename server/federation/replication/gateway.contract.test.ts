import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { startTestRegions, type TestRegions } from '#scripts/testing/region-servers.ts';
import { until } from '#scripts/testing/until.ts';
import { realReplication } from './gateway.real.ts';
import { simulatedReplication } from './gateway.simulated.ts';
import type { ReplicationGateway, StreamPlan } from './gateway.ts';
import { healthOf } from './rules/health.ts';
import { blocking, defaultColumns, preflightChecks } from './rules/preflight.ts';

let bed: TestBed;
let regions: TestRegions;
beforeAll(async () => {
  bed = await testBed();
  regions = await startTestRegions({ 'eu-west': { tenants: ['t1'] }, 'us-east': {} });
});
afterAll(async () => {
  await regions?.stop();
  await bed?.close();
});

const tables = ['app.customer', 'app.orders'];
const kinds: [string, () => ReplicationGateway][] = [
  ['real', () => realReplication],
  ['simulated', () => simulatedReplication(bed.system.db, () => bed.clock.now())],
];

describe.each(kinds)('the %s gateway', (kind, make) => {
  const limits = { lagSeconds: 10, walBudgetBytes: 1e9 };
  const ends = { publisher: 'eu-west', subscriber: 'us-east' };
  let plan: StreamPlan;
  const whole = { after: null, upTo: null, limit: null };

  it('says of itself what it is', () => {
    expect(make().simulated).toBe(kind === 'simulated');
  });

  it('tells facts that preflight can judge', async () => {
    const facts = await make().facts({ id: 'contract', ...ends, tables });
    const columns = (table: string) => {
      const there = facts.publisher.tables[table];
      return there ? defaultColumns(there, false) : [];
    };
    plan = {
      id: 'contract',
      ...ends,
      state: 'active',
      tenants: ['t1'],
      raw: false,
      tables: tables.map(table => ({ table, columns: columns(table) })),
    };
    expect(blocking(preflightChecks({ publication: 'atom_contract', ...plan }, facts))).toEqual([]);
    expect(plan.tables[0]?.columns).not.toContain('email');
    expect(
      (await make().facts({ id: 'contract', ...ends, tables: ['app.nothing'] })).publisher.tables[
        'app.nothing'
      ],
    ).toBeNull();
  });

  it('makes a stream, twice over, and it streams', async () => {
    for (let i = 0; i < 2; i += 1) {
      await make().publish(plan);
      await make().subscribe(plan, { copy: true });
    }
    await until('it to stream', async () => {
      await make().beat(plan);
      const look = healthOf(await make().look(plan, new Date()), null, limits);
      if (look.health !== 'streaming') throw new Error(look.why ?? look.health);
      return true;
    });
    expect(await make().settle(plan, 60_000)).toEqual({ waits: null });
    expect(await make().reached(plan)).toMatchObject({ lsn: expect.any(String), copying: [] });
  });

  it('both sides hash alike, whole and in chunks, and rows name their keys in order', async () => {
    for (const table of tables) {
      const [home, mirror] = [
        await make().chunk(plan, 'publisher', { table, ...whole }),
        await make().chunk(plan, 'subscriber', { table, ...whole }),
      ];
      expect(mirror).toEqual(home);
      const first = await make().chunk(plan, 'publisher', { table, ...whole, limit: 7 });
      expect(first.rows).toBe(7);
      const rest = await make().chunk(plan, 'publisher', { table, ...whole, after: first.last });
      expect(first.rows + rest.rows).toBe(home.rows);
      const rows = await make().rowHashes(plan, 'subscriber', { table, ...whole, upTo: first.last });
      expect(rows).toHaveLength(7);
      expect(rows.at(-1)?.key).toEqual(first.last);
    }
  });

  it('finds nothing personal in a mirror that holds nothing personal', async () => {
    const { leaks, looked } = await make().scan(plan, { values: true });
    expect(leaks).toEqual([]);
    expect(looked.length).toBeGreaterThan(0);
    for (const { values, of } of looked) expect(values).toBeLessThanOrEqual(of);
    expect((await make().scan(plan, { values: false })).looked).toEqual([]);
  });

  it('pauses and resumes', async () => {
    await make().setPaused(plan, true);
    const { subscriber } = await make().look({ ...plan, state: 'paused' }, new Date());
    expect(subscriber?.enabled).toBe(false);
    await make().setPaused(plan, false);
    expect((await make().look(plan, new Date())).subscriber?.enabled).toBe(true);
  });

  it('is detached and attached, each twice over, and goes on', async () => {
    for (let i = 0; i < 2; i += 1) await make().detach(plan);
    for (let i = 0; i < 2; i += 1) await make().attach(plan);
    expect(await make().settle(plan, 60_000)).toEqual({ waits: null });
  });

  it('removes a stream, twice over, and says that it is gone', async () => {
    expect(await make().remove(plan)).toBe(true);
    expect(await make().remove(plan)).toBe(true);
    const look = await make().look({ ...plan, state: 'retired' }, new Date());
    expect(look.publisher?.slot).toBeNull();
    expect(look.subscriber?.exists).toBe(false);
  });
});
