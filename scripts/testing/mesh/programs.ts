import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Wire } from './wire.ts';

const root = join(import.meta.dirname, '../../..');
const quiet = '--disable-warning=ExperimentalWarning';
/** As the supervisor and `npm run relay` start a relay. */
const small = ['--max-semi-space-size=1', '--max-old-space-size=96', '--optimize-for-size'];

/** A child of its own, until `until` is said on its standard output. */
async function run(
  args: string[],
  env: Record<string, string>,
  until: string,
): Promise<{ child: ChildProcess; line: string; said: () => string }> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const onExit = (code: number | null) => reject(new Error(`${args.at(-1)} ended with ${code}:\n${output}`));
  child.once('exit', onExit);
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', data => {
      output = (output + data).slice(-20_000);
      if (output.includes(until)) resolve(output.split('\n').find(text => text.includes(until)) ?? '');
    });
  const line = await promise;
  child.off('exit', onExit);
  return { child, line, said: () => output };
}

const runs = (child: ChildProcess | null): child is ChildProcess =>
  child !== null && child.exitCode === null && child.signalCode === null;

async function end(child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (!runs(child)) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

export class HubProgram {
  readonly port: number;
  readonly #url: string;
  readonly #env: Record<string, string>;
  #child: ChildProcess | null = null;
  #output: () => string = () => '';

  constructor(url: string, port: number, env: Record<string, string>) {
    this.#url = url;
    this.port = port;
    this.#env = env;
  }

  async start(): Promise<void> {
    const args = [quiet, 'scripts/testing/mesh/hub-process.ts', this.#url, String(this.port)];
    const { child, said } = await run(args, this.#env, 'ready\n');
    this.#child = child;
    this.#output = said;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get up(): boolean {
    return runs(this.#child);
  }

  said = () => this.#output();

  /** Holds it still while something is prepared that it must not see half done. */
  freeze = () => this.#child?.kill('SIGSTOP');
  thaw = () => this.#child?.kill('SIGCONT');

  kill = () => end(this.#child, 'SIGKILL');
}

export interface Status {
  id: string;
  connected: boolean;
  fresh: boolean;
  cursor: number;
  epoch: number;
  carrier: string;
  active: { policy: string; version: number; hash: string; epoch: number }[];
  staged: { policy: string; version: number }[];
  damaged: { policy: string }[];
  fork: string | null;
  refusedByHub: string | null;
}

export interface Decided {
  effect: string;
  stale: boolean;
  epoch: number;
  reasons: string[];
  obligations: Record<string, unknown>;
  under: { policy: string; version: number; hash: string; epoch: number }[];
}

export class RelayProgram {
  readonly id: string;
  readonly folder: string;
  readonly wire: Wire;
  readonly #tokenFile: string;
  #child: ChildProcess | null = null;
  #port = 0;

  constructor(id: string, folder: string, wire: Wire, tokenFile: string) {
    this.id = id;
    this.folder = folder;
    this.wire = wire;
    this.#tokenFile = tokenFile;
  }

  async start(): Promise<void> {
    const { child, line } = await run(
      [
        ...[quiet, ...small, 'workers/relay/main.ts', '--hub', `http://127.0.0.1:${this.wire.port}`],
        ...['--token-file', this.#tokenFile, '--data', this.folder, '--id', this.id, '--port', '0'],
      ],
      {},
      '"relay.ready"',
    );
    this.#child = child;
    this.#port = (JSON.parse(line) as { port: number }).port;
  }

  get up(): boolean {
    return runs(this.#child);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  kill = () => end(this.#child, 'SIGKILL');

  status = () => this.#ask<Status>('GET', '/relay/status');
  hurry = () => this.#ask<Status>('POST', '/relay/sync');
  /** null = no policy of the kind is active there. */
  decide = (kind: string, question: object = {}) =>
    this.#ask<Decided>('POST', '/decide', { kind, ...question });

  async #ask<T>(method: string, path: string, body?: object): Promise<T | null> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
      signal: AbortSignal.timeout(20_000),
    });
    if (answer.ok) return (await answer.json()) as T;
    await answer.arrayBuffer();
    if (answer.status === 404) return null;
    throw new Error(`${path} of ${this.id} answered ${answer.status}.`);
  }
}
