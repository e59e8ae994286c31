import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Control, runControl } from '#kernel/controls/define.ts';
import { allControls } from '#kernel/controls/registry.ts';
import { createSequencer } from '#kernel/ledger/sequencer.ts';
import { registry } from '#kernel/metrics/metrics.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { createCaller } from '#server/root.ts';
import { platformControls } from './controls.ts';
import { runControls } from './service.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(async () => {
  await bed.close();
});

const control = (id: string, redactor?: (value: unknown) => unknown): Control =>
  platformControls(redactor).find(c => c.id === id) ?? expect.fail(id);
const run = async (id: string) => (await control(id).run(bed.system)).result;

async function settle() {
  const sequencer = createSequencer(
    bed.database.pool('atom_owner'),
    () => bed.clock.now(),
    () => {},
  );
  while (((await sequencer.step()) ?? 0) > 0);
}

describe('each control can pass and can fail', () => {
  it('P1: a redactor that lets things through', async () => {
    expect(await run('P1.redactor')).toBe('PASS');
    expect((await control('P1.redactor', value => value).run(bed.system)).result).toBe('FAIL');
  });
  it('P2: a checkpoint far behind fails', async () => {
    expect(await run('P2.checkpoint')).toBe('BLOCKED');
    await bed.rows("insert into ledger_checkpoint values (0, '\\x00', 'note', now())");
    expect(await run('P2.checkpoint')).toBe('PASS');
    await bed.rows('update ledger_head set size = 5000');
    expect(await run('P2.checkpoint')).toBe('FAIL');
    // Back to the empty tree, which the head itself refuses.
    await bed.rows('alter table ledger_head disable trigger forward_only');
    await bed.rows('update ledger_head set size = 0');
    await bed.rows('alter table ledger_head enable trigger forward_only');
  });
  it('P4: metrics that are gone', async () => {
    expect(await run('P4.metrics')).toBe('PASS');
    registry.removeSingleMetric('ledger_entries_sequenced_total');
    expect(await run('P4.metrics')).toBe('FAIL');
  });
  it('P5: a table with row level security switched off, and a new one without any', async () => {
    expect(await run('P5.isolation')).toBe('PASS');
    await bed.rows('alter table tenant no force row level security');
    expect(await run('P5.isolation')).toBe('FAIL');
    await bed.rows('alter table tenant force row level security');
    await bed.rows('create table careless (tenant_id text)');
    const outcome = await control('P5.isolation').run(bed.system);
    expect(outcome).toMatchObject({ result: 'FAIL', reason: 'Not isolated: careless' });
    await bed.rows('drop table careless');
    // A partition counts with its parent, but not where tenants may name it.
    await bed.rows(
      "create table leaf partition of cost_row for values from ('1999-01-01') to ('1999-02-01')",
    );
    expect(await run('P5.isolation')).toBe('PASS');
    await bed.rows('grant select on leaf to atom_tenant');
    expect(await run('P5.isolation')).toBe('FAIL');
    await bed.rows('drop table leaf');
  });
  it('P7: an entry that nobody sequences', async () => {
    await bed.system.commit({ type: 'test.happened' }, async () => {});
    expect(await run('P7.ledger')).toBe('FAIL'); // the test's clock stands in the past, so the entry has waited long
    await settle();
    expect(await run('P7.ledger')).toBe('PASS');
  });
});

const planted = { policy: 'P5', system: 'test', title: 't' } as const;

describe('running them', () => {
  it('keeps the results, raises an alert once, clears it, and writes each into the ledger', async () => {
    let broken = true;
    const flaky: Control = {
      id: 'P5.isolation',
      policy: 'P5',
      system: 'test',
      title: 't',
      run: async () => ({ result: broken ? 'FAIL' : 'PASS', reason: 'planted' }),
    };
    await runControls(bed.system, [flaky]);
    await runControls(bed.system, [flaky]);
    const alerts = createCaller(bed.as(person('operator'))).alerts;
    expect((await alerts.list({})).rows).toMatchObject([
      { control: 'P5.isolation', policy: 'P5', clearedAt: null },
    ]);
    expect((await alerts.matrix()).policies.find(p => p.policy === 'P5')?.result).toBe('FAIL');
    broken = false;
    bed.clock.advance(60_000);
    await runControls(bed.system, [flaky]);
    expect((await alerts.list({})).rows[0]?.clearedAt).not.toBeNull();
    const types = await bed.rows<{ type: string }>(
      "select type from ledger_entry where target = 'control:P5.isolation' order by id",
    );
    expect(types.map(t => t.type)).toEqual(['policy.violated', 'policy.restored']);
  });
  it('keeps an alert open while its control cannot be checked', async () => {
    let outcome: 'FAIL' | 'BLOCKED' | 'PASS' = 'FAIL';
    const shaky: Control = {
      ...planted,
      id: 'P7.ledger',
      run: async () => ({ result: outcome, reason: 'planted' }),
    };
    const open = async () =>
      (await createCaller(bed.as(person('auditor'))).alerts.list({})).rows.filter(
        a => a.control === 'P7.ledger' && a.clearedAt === null,
      ).length;
    await runControls(bed.system, [shaky]);
    outcome = 'BLOCKED';
    bed.clock.advance(60_000);
    await runControls(bed.system, [shaky]);
    expect(await open()).toBe(1);
    outcome = 'PASS';
    bed.clock.advance(60_000);
    await runControls(bed.system, [shaky]);
    expect(await open()).toBe(0);
  });

  it('raises one alert when several runs see the violation at the same moment', async () => {
    const waiting: (() => void)[] = [];
    const together: Control = {
      ...planted,
      id: 'P4.metrics',
      run: () =>
        new Promise(resolve => {
          waiting.push(() => resolve({ result: 'FAIL', reason: 'planted' }));
          if (waiting.length === 4) for (const go of waiting) go();
        }),
    };
    await Promise.all([1, 2, 3, 4].map(() => runControls(bed.system, [together])));
    expect(
      await bed.rows("select 1 from policy_alert where control = 'P4.metrics' and cleared_at is null"),
    ).toHaveLength(1);
    expect(
      await bed.rows(
        "select 1 from ledger_entry where target = 'control:P4.metrics' and type = 'policy.violated'",
      ),
    ).toHaveLength(1);
  });

  it('shows a phase only the controls that speak for it', async () => {
    const { policies } = await createCaller(bed.as(person('auditor'))).alerts.matrix({ phase: 'G.3' });
    expect(policies.find(p => p.policy === 'P5')?.controls.map(c => c.control)).toContain('P5.isolation');
  });

  it('runs every declared control for real, with none that throws', async () => {
    const outcomes = await Promise.all(
      allControls().map(async c => ({ id: c.id, ...(await runControl(c, bed.system)) })),
    );
    expect(outcomes.filter(o => o.reason.startsWith('It could not be checked'))).toEqual([]);
    expect(new Set(outcomes.map(o => o.id.slice(0, 2)))).toEqual(
      new Set(['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7']),
    );
  });

  it('is not for everybody to run', async () => {
    await expect(createCaller(bed.as(person('approver'))).alerts.run()).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});
