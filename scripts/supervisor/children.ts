import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { markOf, readMarks, stillThere } from './lock.ts';
import { readable, type Source, say } from './say.ts';

export type ProcessName = 'web' | 'worker' | 'relay 1' | 'relay 2';

export interface Children {
  start(
    name: ProcessName,
    args: string[],
    env: Record<string, string>,
    isReady: (line: string) => boolean,
  ): Promise<void>;
  stop(): Promise<void>;
}

/** With Postgres' own two seconds a Ctrl-C is done within five. */
const graceMs = 2500;
const readyMs = 60_000;
const pidsName = 'pids.json';

/** Starts the processes, restarts one that dies, and ends them all; their ids are on disk so that the next start finds orphans. */
export function children(home: string, onFatal: (message: string) => void): Children {
  const running = new Map<string, ChildProcess>();
  const pidFile = join(home, pidsName);
  let stopping = false;
  const remember = () =>
    writeFileSync(
      pidFile,
      JSON.stringify([...running].map(([name, child]) => ({ name, ...markOf(child.pid ?? 0) }))),
    );

  const launch = (
    name: ProcessName,
    args: string[],
    env: Record<string, string>,
    onLine: (line: string) => void,
    failures: number,
  ): void => {
    const startedAt = Date.now();
    // Its own process group: a Ctrl-C reaches the supervisor alone, which then stops things in order.
    const child = spawn(process.execPath, args, {
      env: { ...inherited(), ...env, ATOM_PROCESS: name },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    running.set(name, child);
    remember();
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', line => {
        onLine(line);
        show(name, line);
      });
    child.on('exit', code => {
      running.delete(name);
      if (stopping) return;
      remember();
      const again = Date.now() - startedAt > 60_000 ? 0 : failures + 1;
      if (again > 5)
        return onFatal(`${name} keeps ending (exit code ${code}). Its last lines above say why.`);
      const wait = 250 * 2 ** again;
      say('error', `${name} ended (exit code ${code}); starting it again in ${wait} ms`);
      setTimeout(() => !stopping && launch(name, args, env, onLine, again), wait);
    });
  };

  return {
    start: (name, args, env, isReady) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`${name} was not ready within ${readyMs / 1000} s.`)),
          readyMs,
        );
        launch(
          name,
          args,
          env,
          line => {
            if (!isReady(line)) return;
            clearTimeout(late);
            resolve();
          },
          0,
        );
      }),
    stop: async () => {
      stopping = true;
      await Promise.all([...running.values()].map(end));
      rmSync(pidFile, { force: true });
    },
  };
}

/** The variable that may hold the administrator's credentials stays here: each process has its own role. */
function inherited(): NodeJS.ProcessEnv {
  const { DATABASE_URL: _kept, ...rest } = process.env;
  return rest;
}

function show(name: Source, line: string) {
  if (process.env.LOG_FORMAT === 'json') return void process.stdout.write(`${line}\n`);
  const text = readable(line);
  if (text !== null) say(name, text);
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise(resolve => {
    const force = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), graceMs);
    child.once('exit', () => {
      clearTimeout(force);
      signalGroup(child.pid, 'SIGKILL');
      resolve();
    });
    signalGroup(child.pid, 'SIGTERM');
  });
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals) {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // already gone
  }
}

/** What a killed supervisor left behind is gone before its ports and its database are asked for. */
export async function endOrphans(home: string): Promise<void> {
  const orphans = readMarks(join(home, pidsName)).filter(stillThere);
  for (const { pid } of orphans) signalGroup(pid, 'SIGKILL');
  for (let i = 0; i < 100 && orphans.some(stillThere); i++) await new Promise(go => setTimeout(go, 50));
  rmSync(join(home, pidsName), { force: true });
}
