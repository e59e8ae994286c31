import { hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { criticalOf, missingCritical } from './critical.ts';
import { parseEnvironment, type Variables } from './parse.ts';
import { type Phase, phases, variables } from './variables.ts';

export interface Env {
  vars: Variables;
  /** Where all local state lives. */
  home: string;
  processName: string;
  logLevel: string;
  /** `ENV=production`: every rule that says production asks `isProduction`, which reads this. */
  production: boolean;
  /** For the console as a whole: as SIMULATION_MODE says, else while anything critical of any phase is missing. */
  simulation: boolean;
  simulationFor(phase: Phase): boolean;
  /** Whether this is Next's development server. */
  development: boolean;
  host: string;
  port: number;
  servicePortOffset: number;
  publicUrl: string;
  /** What was given for a variable, as it was given; an empty value counts as none. */
  given(name: string): string | undefined;
  /** What the operator connected under this name. The Postgres that the supervisor brought itself is not the operator's. */
  connected(name: string): string | undefined;
  /** Subkey of the installation's one master secret, by purpose (HKDF-SHA256). */
  secret(purpose: string, bytes?: number): Buffer;
}

let current: Env | undefined;

export function env(): Env {
  current ??= load(process.env);
  return current;
}

/** Tests build their own; nothing else may. */
export function loadEnvForTest(source: Record<string, string | undefined>): Env {
  current = load(source);
  return current;
}

function load(source: Record<string, string | undefined>): Env {
  const vars = parseEnvironment(source);
  const home = resolve(vars.ATOM_HOME);
  let master: Buffer | undefined;
  const given = (name: string) => source[name] || undefined;
  const connected = (name: string) => {
    if (name !== 'POSTGRES_DSN') return given(name);
    return vars.ATOM_EMBEDDED_POSTGRES ? undefined : (given(name) ?? given('DATABASE_URL'));
  };
  const simulationFor = (phase: Phase) =>
    vars.SIMULATION_MODE ??
    missingCritical(criticalOf(phase, variables), name => connected(name) !== undefined).length > 0;
  return {
    vars,
    home,
    processName: vars.ATOM_PROCESS,
    logLevel: vars.LOG_LEVEL,
    production: vars.ENV === 'production',
    simulation: phases.some(simulationFor),
    simulationFor,
    development: source.NODE_ENV === 'development',
    host: vars.ATOM_HOST,
    port: vars.ATOM_PORT,
    servicePortOffset: vars.ATOM_SERVICE_PORT_OFFSET,
    publicUrl: vars.PUBLIC_URL ?? `http://localhost:${vars.ATOM_PORT}`,
    given,
    connected,
    secret: (purpose, bytes = 32) => {
      master ??= vars.ATOM_SECRET ? Buffer.from(vars.ATOM_SECRET, 'base64url') : masterFile(home);
      return Buffer.from(hkdfSync('sha256', master, 'atom-console', purpose, bytes));
    },
  };
}

/** Created once, readable by the owner only. Without it sealed secrets of this installation cannot be opened. */
function masterFile(home: string): Buffer {
  const path = join(home, 'master.key');
  if (!existsSync(path)) {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    try {
      writeFileSync(path, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return Buffer.from(readFileSync(path, 'utf8').trim(), 'base64url');
}
