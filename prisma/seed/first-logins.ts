import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from '#kernel/env/env.ts';

export interface Login {
  name: string;
  role: string;
  password: string;
}

const path = () => join(env().home, 'first-logins.json');

/** Kept, readable by the owner only, until a start got as far as showing them: a first start may fail after the seed. */
export const rememberLogins = (logins: Login[]): void =>
  writeFileSync(path(), JSON.stringify(logins), { mode: 0o600 });

export function takeFirstLogins(): Login[] {
  if (!existsSync(path())) return [];
  const logins = JSON.parse(readFileSync(path(), 'utf8')) as Login[];
  rmSync(path());
  return logins;
}
