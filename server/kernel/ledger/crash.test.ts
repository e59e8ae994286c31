import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { insertEntries, type TestLedger, testLedger } from '#scripts/testing/ledger.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { anchorFile } from './anchor.ts';
import { createSequencer } from './sequencer.ts';
import { verifyLedger } from './verify/run.ts';

let bed: TestBed;
let ledger: TestLedger;
beforeEach(async () => {
  bed = await testBed();
  ledger = testLedger(bed);
});
afterEach(() => bed.close());

const counts = async () =>
  (
    await bed.rows<{ entries: number; leaves: number; size: number; signed: number }>(
      `select (select count(*) from ledger_entry)::int as entries, (select count(distinct entry_id) from ledger_leaf)::int as leaves,
        (select size from ledger_head)::int as size, (select count(*) from ledger_checkpoint)::int as signed`,
    )
  )[0] ?? expect.fail();

it('a sequencer process killed with -9 at any moment loses and doubles nothing', async () => {
  const home = mkdtempSync(join(tmpdir(), 'atom-crash-'));
  const lives: ChildProcess[] = [];
  const start = async () => {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, '../../../scripts/testing/sequencer-process.ts'), bed.adminUrl, home],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          ...process.env,
          ATOM_SECRET: testSecret,
          LOG_LEVEL: 'silent',
          NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
        },
      },
    );
    lives.push(child);
    await once(child.stdout, 'data');
    return child;
  };
  try {
    for (let life = 0; life < 6; life++) {
      const child = await start();
      const ended = once(child, 'exit');
      const before = await counts();
      // Commits go on while it works; it dies once it has done some of them, each time at another moment.
      let writing = true;
      const writes = (async () => {
        while (writing) await insertEntries(bed.database.pool('atom_owner'), 40, new Date());
      })();
      for (;;) {
        const now = await counts();
        if (life % 2 ? now.signed > before.signed + life / 2 : now.size > before.size + life * 37) break;
      }
      child.kill('SIGKILL');
      writing = false;
      await Promise.all([writes, ended]);
    }
    const last = await start();
    const ended = once(last, 'exit');
    for (;;) {
      const { entries, size } = await counts();
      const [row] = await bed.rows<{ n: number }>(
        'select coalesce(max(size), 0)::int as n from ledger_checkpoint',
      );
      if (size === entries && row?.n === size) break;
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    last.kill('SIGKILL');
    await ended;
    const { entries, leaves, size, signed } = await counts();
    expect([leaves, size]).toEqual([entries, entries]);
    expect(signed).toBeGreaterThanOrEqual(5);
    expect(await verifyLedger(bed.database.pool('atom_owner'), { anchor: anchorFile(home) })).toMatchObject({
      ok: true,
      entries,
    });
  } finally {
    for (const child of lives) child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  }
}, 300_000);

it('a connection cut before each single statement of a step loses and doubles nothing', async () => {
  await ledger.bulk(300);
  const real = bed.database.pool('atom_owner');
  const cutBefore = (nth: number): pg.Pool =>
    ({
      connect: async () => {
        const client = await real.connect();
        let count = 0;
        return {
          query: async (...args: [string, unknown[]?]) => {
            count += 1;
            if (count !== nth) return client.query(...args);
            const { pid } = (await client.query('select pg_backend_pid() as pid')).rows[0];
            await bed.rows('select pg_terminate_backend($1)', [pid]);
            return client.query(...args);
          },
          release: () => client.release(true),
        };
      },
    }) as unknown as pg.Pool;
  let cuts = 0;
  for (let nth = 1; nth <= 30; nth++) {
    await ledger.bulk(3);
    const step = createSequencer(
      cutBefore(nth),
      () => bed.clock.now(),
      () => {},
    ).step();
    if (
      await step.then(
        () => false,
        () => true,
      )
    )
      cuts += 1;
    const { leaves, size } = await counts();
    expect(leaves).toBe(size);
  }
  expect(cuts).toBeGreaterThanOrEqual(8);
  await ledger.sequence();
  await ledger.grow(1);
  const { entries, leaves, size } = await counts();
  expect([leaves, size]).toEqual([entries, entries]);
  expect(await verifyLedger(real, { anchor: ledger.anchor })).toMatchObject({ ok: true });
});
