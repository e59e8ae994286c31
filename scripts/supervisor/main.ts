import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { roleUrl } from '#kernel/db/bootstrap.ts';
import { dsnFile } from '#kernel/db/dsn.ts';
import { pendingMigrations } from '#kernel/db/migrations.ts';
import { env } from '#kernel/env/env.ts';
import { UnusableEnvironment } from '#kernel/env/parse.ts';
import { takeFirstLogins } from '../../prisma/seed/first-logins.ts';
import { buildWeb, generateClient } from './build.ts';
import { requirePort, requireWritable, takeLock } from './checks.ts';
import { children } from './children.ts';
import { type StatePostgres, statePostgres } from './postgres.ts';
import { CannotStart, say } from './say.ts';

const dev = process.argv.includes('--dev');
const started = Date.now();
let postgres: StatePostgres | null = null;
let processes: ReturnType<typeof children> | null = null;
let releaseLock: (() => void) | null = null;
let stopping = false;

async function stop(code: number): Promise<void> {
  if (stopping) process.exit(code || 1); // asked twice: leave at once; the next start cleans up
  stopping = true;
  if (code === 0) say('start', 'stopping …');
  await processes?.stop();
  await postgres?.embedded?.stop();
  releaseLock?.();
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));

async function main(): Promise<void> {
  const { home, host, port, servicePortOffset } = env();
  requireWritable(home);
  releaseLock = takeLock(home);
  processes = children(home, message => {
    say('error', message);
    void stop(1);
  });
  await requirePort(host, port, 'the web console', 'ATOM_PORT');
  await requirePort(host, 8401 + servicePortOffset, 'the region registry', 'ATOM_SERVICE_PORT_OFFSET');
  const [state] = await Promise.all([statePostgres(), generateClient()]);
  postgres = state;
  if (stopping) return;
  writeFileSync(dsnFile(), state.publicDsn, { mode: 0o600 });
  const childEnv = {
    POSTGRES_DSN: state.publicDsn,
    ...(state.embedded ? { ATOM_EMBEDDED_POSTGRES: 'true' } : {}),
    ATOM_HOME: home,
    NODE_ENV: dev ? 'development' : 'production',
  };
  await Promise.all([dev ? undefined : buildWeb(), prepareData(state)]);
  if (stopping) return;
  const next = join(import.meta.dirname, '../../node_modules/next/dist/bin/next');
  await Promise.all([
    processes.start('web', [next, dev ? 'dev' : 'start', '-p', String(port), '-H', host], childEnv, line =>
      /Ready in|✓ Ready/.test(line),
    ),
    processes.start('worker', ['--disable-warning=ExperimentalWarning', 'workers/main.ts'], childEnv, line =>
      line.includes('"worker.ready"'),
    ),
  ]);
  announce(takeFirstLogins());
}

async function prepareData(state: StatePostgres) {
  const ownerUrl = roleUrl(state.publicDsn, 'atom_owner');
  const pending = await pendingMigrations(ownerUrl);
  if (pending.length > 0) {
    const at = Date.now();
    const { applyMigrations } = await import('#kernel/db/migrate.ts');
    await applyMigrations(ownerUrl);
    say('start', `${pending.length} migrations applied in ${((Date.now() - at) / 1000).toFixed(1)} s`);
  }
  const { migrateJobs } = await import('#kernel/jobs/run.ts');
  await migrateJobs(ownerUrl);
  const { seed } = await import('../../prisma/seed/main.ts');
  await seed(state.publicDsn);
}

function announce(logins: { name: string; role: string; password: string }[]): void {
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  say('start', '');
  say('start', `ATOM Console is ready at ${env().publicUrl} (${seconds} s)`);
  if (logins.length > 0) {
    say('start', 'Logins of this installation, shown this once:');
    for (const login of logins)
      say('start', `  ${login.role.padEnd(9)} ${login.name.padEnd(9)} ${login.password}`);
    say('start', 'Lost one? npm run atom -- users reset NAME');
  }
  if (env().simulation)
    say('start', 'Simulated world: nothing outside this machine is touched. See Settings, Environment.');
  say('start', 'Ctrl-C stops everything.');
}

main().catch(error => {
  say(
    'error',
    error instanceof CannotStart || error instanceof UnusableEnvironment
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error),
  );
  void stop(1);
});
