import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { person, type TestBed, tenantCaller, testBed } from '#scripts/testing/database.ts';
import { testHub } from '#scripts/testing/policies.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createCaller } from '#server/root.ts';
import { checkFleet } from './service.ts';

let bed: TestBed;
let hub: Awaited<ReturnType<typeof testHub>>;
const folder = mkdtempSync(join(tmpdir(), 'atom-sync-'));
const base = { ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' };
const names = ['r1', 'r2', 'r3', 'r4', 'r5'];

beforeAll(async () => {
  loadEnvForTest({ ...base, ATOM_REPORTS: folder });
  bed = await testBed();
  hub = await testHub(bed);
  await hub.activate(keep(30));
  await hub.activate(keep(31));
  for (const id of names)
    await bed.rows(
      `insert into relay (id, region, labels, public_key, state, agent, joined_at, updated_at)
       values ($1, 'eu-west', '{}', 'none', 'admitted', 'test', $2, $2)`,
      [id, bed.clock.now()],
    );
  bed.clock.advance(60_000);
});
afterAll(async () => {
  loadEnvForTest(base);
  await hub.stop();
  await bed.close();
  rmSync(folder, { recursive: true, force: true });
});

const keep = (days: number) => ({ id: 'keep', kind: 'retention', document: { defaultDays: days } });
const versions = () =>
  bed.rows<{ version: number; rollback_of: number | null; state: string }>(
    "select version, rollback_of, state from policy_version where policy_id = 'keep' order by version",
  );

/** What these relays say that they hold, just now. */
async function says(relays: readonly string[], version: number, hash?: string): Promise<void> {
  const now = bed.clock.now();
  await bed.rows('update relay set last_seen_at = $2 where id = any($1)', [relays, now]);
  await bed.rows(
    `insert into relay_policy (relay_id, policy_id, version, hash, epoch, at)
     select id, 'keep', $2, coalesce($3, (select hash from policy_version where policy_id = 'keep' and version = $2)), $2, $4
     from unnest($1::text[]) id
     on conflict (relay_id, policy_id) do update set version = excluded.version, hash = excluded.hash, at = excluded.at`,
    [relays, version, hash ?? null, now],
  );
}
const check = () => checkFleet(bed.system);
const kinds = (rows: { relay: string; kind: string }[]) =>
  rows.map(row => `${row.relay} ${row.kind}`).toSorted();

describe('the sync controller', () => {
  it('finds nothing where every relay holds what the hub wants, and says so in its report', async () => {
    await says(names, 2);
    expect(await check()).toMatchObject({
      status: 'ok',
      run: { relays: 5, policies: 1, discrepancies: 0, opened: 0, resolved: 0, rolledBack: null },
      open: [],
    });
    const report = JSON.parse(readFileSync(join(folder, 'policy_sync_audit.json'), 'utf8'));
    expect(report).toMatchObject({ status: 'ok', open: [], generated_at: bed.clock.now().toISOString() });
  });

  it('opens a discrepancy once, keeps it open, and resolves it when it is mended', async () => {
    await says(['r1'], 1);
    await says(['r2'], 2, 'f'.repeat(64));
    await bed.rows("delete from relay_policy where relay_id = 'r3'");
    const first = await check();
    expect(kinds(first.open)).toEqual(['r1 older', 'r2 wrong_hash', 'r3 missing']);
    expect(first.run).toMatchObject({ discrepancies: 3, opened: 3, rolledBack: null });
    const began = bed.clock.now().toISOString();
    bed.clock.advance(5000);
    const second = await check();
    expect(second.run).toMatchObject({ discrepancies: 3, opened: 0, resolved: 0 });
    expect(second.open.map(row => row.since)).toEqual([began, began, began]);
    const report = JSON.parse(readFileSync(join(folder, 'policy_sync_audit.json'), 'utf8'));
    expect(kinds(report.open)).toEqual(['r1 older', 'r2 wrong_hash', 'r3 missing']);
    await says(names, 2);
    const third = await check();
    expect(third).toMatchObject({ status: 'ok', open: [], run: { resolved: 3 } });
    expect(kinds(third.resolved)).toEqual(['r1 older', 'r2 wrong_hash', 'r3 missing']);
    expect(third.resolved[0]?.resolvedAt).toBe(bed.clock.now().toISOString());
  });

  it('never rolls back because of relays that are silent', async () => {
    bed.clock.advance(60_000);
    const silent = await check();
    expect(kinds(silent.open)).toEqual(names.map(name => `${name} silent`));
    expect(silent.run?.rolledBack).toBeNull();
    expect(await versions()).toHaveLength(2);
    await says(names.slice(0, 3), 1);
    expect((await check()).run?.rolledBack).toBeNull();
    expect(await versions()).toHaveLength(2);
  });

  it('takes back what more than three in touch do not hold, as a newer version, and only once', async () => {
    await says(names.slice(0, 4), 1);
    await says(['r5'], 2);
    const found = await check();
    expect(found.run?.rolledBack).toBe('keep@2 → 3');
    expect((await versions()).at(-1)).toMatchObject({ version: 3, rollback_of: 1, state: 'staging' });
    await says(names.slice(0, 4), 1);
    expect((await check()).run?.rolledBack).toBeNull();
    for (let i = 0; i < 5; i += 1) {
      await hub.hub.step();
      bed.clock.advance(2000);
    }
    expect((await versions()).map(v => v.state)).toEqual(['superseded', 'superseded', 'active']);
    // Those relays take the way back no more than what it took away: that is for people, not for another way back.
    bed.clock.advance(60_000);
    await says(names, 2);
    expect((await check()).run).toMatchObject({ discrepancies: 5, rolledBack: null });
    expect(await versions()).toHaveLength(3);
    await says(names, 3);
    expect(await check()).toMatchObject({ status: 'ok', open: [] });
  });

  it('is for operators to run, for auditors to read, and nothing for tenants', async () => {
    const as = (who: Parameters<TestBed['as']>[0]) => createCaller(bed.as(who)).policySync;
    expect(await as(person('operator')).check({})).toMatchObject({ status: 'ok' });
    expect((await as(person('auditor')).status({})).runs.length).toBeGreaterThan(5);
    await expect(as(person('auditor')).check({})).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(as(tenantCaller('acme')).status({})).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
