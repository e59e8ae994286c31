import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#kernel/http/free-port.ts';
import { freeOffset } from '#scripts/testing/free-offset.ts';
import { providerClient, startProvider } from '#scripts/testing/provider.ts';
import { chromiumPath } from './chromium.ts';

const root = join(import.meta.dirname, '..');

/** One console of its own for the journeys: real processes, real Postgres, the production build, the supervisor. */
export default async function start(): Promise<() => Promise<void>> {
  const home = mkdtempSync(join(tmpdir(), 'atom-e2e-'));
  chmodSync(home, 0o711); // Postgres does not run as root, and must reach its folder within
  const port = await freePort();
  const offset = await freeOffset(2_000, 22_000);
  const provider = await startProvider(`http://localhost:${port}/api/oidc/callback`);
  provider.people.set('visitor', { name: 'Visitor', preferred_username: 'visitor' });
  const env = {
    ...process.env,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: providerClient.id,
    OIDC_CLIENT_SECRET: providerClient.secret,
    OIDC_LABEL: 'the test provider',
    ATOM_HOME: home,
    ATOM_PORT: String(port),
    ATOM_SERVICE_PORT_OFFSET: String(offset),
    ATOM_KIT: 'true',
    NODE_ENV: 'production',
  } as NodeJS.ProcessEnv;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'scripts/supervisor/main.ts'],
    { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  // Beside the screenshots and traces, for whoever asks why a journey failed.
  mkdirSync(join(root, 'test-results'), { recursive: true });
  const log = createWriteStream(join(root, 'test-results', 'console.log'));
  for (const stream of [child.stdout, child.stderr]) stream?.pipe(log, { end: false });
  const output = await ready(child);
  await caughtUp(`http://localhost:${port}/readyz`);
  process.env.ATOM_E2E_URL = `http://localhost:${port}`;
  process.env.ATOM_E2E_OFFSET = String(offset);
  process.env.ATOM_E2E_HOME = home;
  process.env.ATOM_E2E_LOGINS = JSON.stringify(loginsIn(output));
  process.env.PLAYWRIGHT_CHROMIUM_PATH = await chromiumPath();
  return async () => {
    const died = child.exitCode !== null || child.signalCode !== null;
    if (!died) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    await provider.close();
    rmSync(home, { recursive: true, force: true });
    if (died)
      throw new Error('The console ended before its journeys. Its last words: test-results/console.log');
  };
}

function ready(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`The console did not start within 400 s:\n${output}`)),
      400_000,
    );
    const onData = (data: Buffer) => {
      output += data.toString();
      if (!output.includes('Ctrl-C stops everything')) return;
      clearTimeout(late);
      resolve(output);
    };
    child.stdout?.on('data', onData);
    child.stderr?.on('data', onData);
    child.on('exit', code => reject(new Error(`The console ended with ${code}:\n${output}`)));
  });
}

/** What was seeded is in the ledger, and its jobs are queued: before that, what is risky would be refused. */
async function caughtUp(url: string): Promise<void> {
  const end = performance.now() + 300_000;
  while (performance.now() < end) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return;
    await new Promise(resolve => setTimeout(resolve, 500));
  }
  throw new Error('The console did not catch up within 300 s of its start.');
}

function loginsIn(output: string): Record<string, { name: string; password: string }> {
  const lines = output.matchAll(/^start\s+(admin|operator|approver|auditor|service) +(\S+) +(\S+)$/gm);
  return Object.fromEntries([...lines].map(([, role, name, password]) => [role, { name, password }]));
}
