import { join } from 'node:path';
import { env } from '../env/env.ts';

/** Where the supervisor notes which Postgres it uses, for what runs beside the console. No credentials in it. */
export const dsnFile = (): string => join(env().home, 'console.dsn');
