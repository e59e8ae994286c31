import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { roleUrl } from '#kernel/db/bootstrap.ts';
import { dsnFile } from '#kernel/db/dsn-file.ts';
import { pendingMigrations } from '#kernel/db/migrations.ts';
import { env } from '#kernel/env/env.ts';
import { UnusableEnvironment } from '#kernel/env/parse.ts';
import { takeFirstLogins } from '../../prisma/seed/first-logins.ts';
import { buildWeb, generateClient } from './build.ts';
import { answers, requirePort, requireWritable, servicePorts } from './checks.ts';
import { children, endOrphans } from './children.ts';
import { takeLock } from './lock.ts';
import { keepPostgres, type PostgresKeeper, type StatePostgres } from './postgres.ts';
import type { RegionKeeper } from './regions.ts';
import { CannotStart, say } from './say.ts';
import { onStop } from './signals.ts';

const dev = process.argv.includes('--dev');
const started = Date.now();
const aborted = new AbortController();
let postgres: PostgresKeeper | null = null;
let regions: RegionKeeper | null = null;
let processes: ReturnType<typeof children> | null = null;
let releaseLock: (() => void) | null = null;
let stopping = false;

async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  if (code === 0) say('start', 'stopping …');
  aborted.abort();
  await processes?.stop();
  await Promise.all([postgres?.stop(), regions?.stop()]);
  releaseLock?.();
  process.exit(code);
}

const fail = (message: string) => {
  if (!stopping) say('error', message);
  void stop(1);
};

// Asked again: leave at once. Whatever is left is ended by the next start.
onStop(
  () => void stop(0),
  () => process.exit(1),
);
process.on('uncaughtException', error => fail(error.stack ?? error.message));
process.on('unhandledRejection', error => fail(String(error)));

async function main(): Promise<void> {
  const { home, host, port, servicePortOffset } = env();
  requireWritable(home);
  releaseLock = takeLock(home);
  await endOrphans(home);
  processes = children(home, fail);
  await requirePort(host, port, 'the web console', 'ATOM_PORT');
  for (const { port, title } of servicePorts())
    await requirePort(host, port + servicePortOffset, title, 'ATOM_SERVICE_PORT_OFFSET');
  postgres = keepPostgres(fail);
  const [state] = await Promise.all([postgres.ready, generateClient(aborted.signal)]);
  if (stopping) return;
  writeFileSync(dsnFile(), state.publicDsn, { mode: 0o600 });
  const childEnv = {
    POSTGRES_DSN: state.publicDsn,
    ...(state.embedded ? { ATOM_EMBEDDED_POSTGRES: 'true' } : {}),
    ATOM_HOME: home,
    NEXTAUTH_URL: env().publicUrl, // where a sign-in by a plain form leads back to
    NEXT_TELEMETRY_DISABLED: '1', // nothing outside this machine is told that it runs
    NODE_ENV: dev ? 'development' : 'production',
  };
  await Promise.all([dev ? undefined : buildWeb(aborted.signal), prepareData(state)]);
  if (stopping) return;
  const next = join(import.meta.dirname, '../../node_modules/next/dist/bin/next');
  await Promise.all([
    processes.start('web', [next, dev ? 'dev' : 'start', '-p', String(port), '-H', host], childEnv, line =>
      /Ready in/.test(line),
    ),
    processes.start('worker', ['--disable-warning=ExperimentalWarning', 'workers/main.ts'], childEnv, line =>
      line.includes('"worker.ready"'),
    ),
  ]);
  if (env().simulation) startRelays(processes, childEnv);
  await answers(host, port, '/healthz');
  if (stopping) return;
  announce(takeFirstLogins());
  // After the console is usable: nobody waits for the regions' databases.
  if (env().simulation) regions = (await import('./regions.ts')).keepRegions();
}

/** A relay holds little: without these V8 would let its heap grow to what a server may need. */
const smallProcess = ['--max-semi-space-size=1', '--max-old-space-size=96', '--optimize-for-size'];

/** Two relays as programs of their own, so that what is shown of an edge is one: own process, own disk, own port. */
function startRelays(started: NonNullable<typeof processes>, childEnv: Record<string, string>): void {
  const { home, servicePortOffset } = env();
  const relays = [
    { name: 'relay 1', id: 'edge-us-east', region: 'us-east', port: 8701 + servicePortOffset },
    { name: 'relay 2', id: 'edge-eu-west', region: 'eu-west', port: 0 },
  ] as const;
  for (const { name, id, region, port } of relays) {
    const args = [
      '--disable-warning=ExperimentalWarning',
      ...smallProcess,
      'workers/relay/main.ts',
      ...['--hub', `http://127.0.0.1:${8700 + servicePortOffset}`],
      ...['--token-file', join(home, 'relays.token'), '--data', join(home, 'relays', id)],
      ...['--id', id, '--region', region, '--label', 'fleet=demo', '--port', String(port)],
    ];
    // The console is usable without them; one that does not come is started again and said so.
    started
      .start(name, args, childEnv, line => line.includes('"relay.ready"'))
      .catch(error => say('error', error.message));
  }
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
    say('start', 'Simulated world: regions and tenants are not real. What is: Settings, Environment.');
  say('start', 'Ctrl-C stops everything.');
}

main().catch(error =>
  fail(
    error instanceof CannotStart || error instanceof UnusableEnvironment
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error),
  ),
);
