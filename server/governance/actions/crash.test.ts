import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { env } from '#kernel/env/env.ts';
import { activeSigners } from '#kernel/signing/signer.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { simulatedHome } from '#scripts/testing/home.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { until } from '#scripts/testing/until.ts';
import { simulatedDriver } from './gateway.simulated.ts';
import { advanceExecution } from './service/advance.ts';
import { rollbackExecution } from './service/commands.ts';
import { requestExecution } from './service/request.ts';
import { findExecution } from './store/executions.ts';

/**
 * Workers are processes of their own and are killed with SIGKILL, once at every moment at which something outlives them.
 * Whoever comes next finds either before or after, and carries everything out exactly once.
 */
const root = join(import.meta.dirname, '../../..');
let bed: TestBed;
let replicas = 3;

beforeAll(async () => {
  bed = await testBed();
  await simulatedHome(bed);
  await activeSigners(bed.database, bed.clock); // made once, and no part of an execution
  await bed.rows(
    "insert into action_guard (tenant_id, hourly_targets, flap_limit, flap_minutes, updated_at) values ('*', 1000, 100, 1, now())",
  );
});
afterAll(() => bed.close());

const worker = (id: string, stopAt: number): ChildProcess =>
  spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      'scripts/testing/action-worker.ts',
      bed.adminUrl,
      id,
      bed.clock.now().toISOString(),
      String(stopAt),
    ],
    {
      cwd: root,
      env: {
        ...process.env,
        ATOM_SECRET: env().vars.ATOM_SECRET ?? testSecret,
        LOG_LEVEL: 'error',
        SIMULATION_MODE: 'true',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );

/** Runs a worker until it stands at the moment, and kills it there; or to its rest. How many moments it passed. */
async function runUntil(id: string, stopAt: number): Promise<{ moments: number; rested: boolean }> {
  const child = worker(id, stopAt);
  let output = '';
  const { promise, resolve } = Promise.withResolvers<void>();
  const ended = once(child, 'exit');
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', data => {
      output += data;
      if (output.includes(`moment ${stopAt} `) || output.includes('rests\n')) resolve();
    });
  void ended.then(() => resolve());
  await promise;
  const rested = output.includes('rests\n');
  if (!rested) child.kill('SIGKILL');
  const [code, signal] = await ended;
  if (rested ? code !== 0 : signal !== 'SIGKILL')
    throw new Error(`The worker ended with ${code}:\n${output}`);
  return { moments: output.split('moment ').length - 1, rested };
}

const row = async (id: string) => (await findExecution(bed.system.db, id)) ?? expect.fail();
const now = async () => (await simulatedDriver(bed).read('t1-web', 't1'))?.state.replicas;
const commands = (id: string) =>
  bed.rows<{ payload: { replicas: number } }>(
    "select payload from world_command where key like $1 || ':%' order by seq",
    [id],
  );

async function planned(): Promise<string> {
  bed.clock.advance(60_000);
  replicas += 1;
  const made = await requestExecution(bed.system, {
    plan: { tenantId: 't1', steps: [{ action: 'scale', target: 't1-web', params: { replicas } }] },
    dryRun: false,
    origin: { kind: 'service' },
  });
  expect(made.state).toBe('authorised');
  return made.id;
}

/** Nothing of a dead worker is left: the server has noticed, and its transaction and its hold on the execution ended. */
const gone = (id: string) =>
  until('the server to let go of what the killed worker held', async () => {
    const left = await bed.rows(
      `select 1 from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'
       union all
       select 1 from pg_locks where locktype = 'advisory' and granted
         and (classid::bigint << 32 | objid::bigint) = hashtextextended('action:' || $1, 0)`,
      [id],
    );
    return left.length === 0;
  });

async function goOn(id: string): Promise<void> {
  const end = await until('the execution to be free', async () => {
    const answer = await advanceExecution(bed, id).catch((error: Error) => error);
    return answer === 'busy' ? null : answer;
  });
  expect(end).toBe('rests');
}

describe.sequential('a worker killed with SIGKILL', { timeout: 900_000 }, () => {
  let all = 0;
  it('passes so many moments when nobody kills it', async () => {
    const id = await planned();
    const { moments, rested } = await runUntil(id, 0);
    expect(rested).toBe(true);
    expect((await row(id)).state).toBe('succeeded');
    all = moments;
    // Eleven states and two effects, each within and after its commit.
    expect(all).toBe(26);
  });

  it('leaves either before or after at every one of them, and whoever comes next does it exactly once', async () => {
    for (let moment = 1; moment <= all; moment += 1) {
      const id = await planned();
      const before = await now();
      const { rested } = await runUntil(id, moment);
      expect(rested).toBe(false);
      await gone(id);
      const left = await row(id);
      const done = await commands(id);
      expect(done.length).toBeLessThanOrEqual(1);
      expect(await now(), `moment ${moment}, ${left.state}`).toBe(done.length === 1 ? replicas : before);
      await goOn(id);
      expect(await row(id), `moment ${moment}, found ${left.state}`).toMatchObject({
        state: 'succeeded',
        steps: [{ state: 'verified' }],
      });
      expect(await commands(id)).toHaveLength(1);
      expect(await now()).toBe(replicas);
      expect(await bed.rows('select 1 from action_lock')).toEqual([]);
      const log = await bed.rows<{ seq: number }>(
        'select seq from action_log where execution_id = $1 order by seq',
        [id],
      );
      expect(log.map(line => line.seq)).toEqual(log.map((_, i) => i + 1));
    }
  });

  it('leaves it so while it was being taken back, too', async () => {
    for (let moment = 1; moment <= 4; moment += 1) {
      const id = await planned();
      const before = await now();
      await advanceExecution(bed, id);
      const taken = await rollbackExecution(bed.system, { exec_id: id, reason: 'a test' });
      expect(taken).toMatchObject({ state: 'rolling-back' });
      await runUntil(id, moment);
      await gone(id);
      await goOn(id);
      expect(await row(id), `moment ${moment}`).toMatchObject({
        state: 'rolled-back',
        steps: [{ state: 'restored' }],
      });
      expect(await now()).toBe(before);
      expect((await commands(id)).map(c => c.payload.replicas)).toEqual([replicas, before]);
      replicas = Number(before);
    }
  });

  it('keeps nobody waiting: the execution is free as soon as the server knows that it is dead', async () => {
    const id = await planned();
    await runUntil(id, 3);
    await gone(id);
    expect(await advanceExecution(bed, id)).toBe('rests');
    expect((await row(id)).state).toBe('succeeded');
  });
});
