import { z } from 'zod';
import { parseAllowedHosts } from '../../http/address-ranges.ts';
import { flag, port, type Variable, variable } from '../define.ts';

/** Read again by whoever calls out; here only refused early, with the entry named. */
const allowedHosts = z.string().check(ctx => {
  try {
    parseAllowedHosts(ctx.value);
  } catch (error) {
    ctx.issues.push({ code: 'custom', input: ctx.value, message: String((error as Error).message) });
  }
});

/** The console's own address, state and secrets. */
export const consoleVariables = {
  ATOM_HOME: variable({
    schema: z.string().default('.atom'),
    purpose: 'Folder for all local state: embedded databases, keys, generated secrets.',
    without: '`.atom` beside the checkout.',
    phases: 'console',
  }),
  ATOM_HOST: variable({
    schema: z.string().default('127.0.0.1'),
    purpose: 'Address that the web console and the service ports bind to.',
    without: 'Loopback only.',
    phases: 'console',
  }),
  ATOM_PORT: variable({
    schema: port.default(3000),
    purpose: 'Port of the web console.',
    without: '3000.',
    phases: 'console',
  }),
  ATOM_SERVICE_PORT_OFFSET: variable({
    schema: z.coerce.number().int().min(0).max(50000).default(0),
    purpose: 'Added to every service port (8401 and so on), so that several consoles fit on one machine.',
    without: '0.',
    phases: 'console',
  }),
  ATOM_ALLOWED_HOSTS: variable({
    schema: allowedHosts.optional(),
    purpose:
      'Comma-separated names, addresses and networks that the console may call although they are private or local.',
    without: 'An address that somebody types must be a public one.',
    phases: 'console',
  }),
  ATOM_PROCESS: variable({
    schema: z.string().default('atom'),
    purpose: 'Name of the process in log lines; set by the supervisor.',
    without: '`atom`.',
    phases: 'console',
  }),
  ATOM_REPORTS: variable({
    schema: z.string().default('reports'),
    purpose: 'Folder that generated reports are written to.',
    without: '`reports` beside the checkout.',
    phases: 'console',
  }),
  ATOM_KIT: variable({
    schema: flag.default(false),
    purpose: 'Shows the component kit at /kit outside development too.',
    without: '/kit answers in development only.',
    phases: 'console',
  }),
  ATOM_EMBEDDED_POSTGRES: variable({
    schema: flag.default(false),
    purpose: 'Set by the supervisor when POSTGRES_DSN names the Postgres it brought itself.',
    without: 'POSTGRES_DSN is the operator’s own.',
    phases: 'console',
  }),
  ATOM_SECRET: variable({
    schema: z.base64url().min(43).optional(),
    purpose: 'Master secret (32 random bytes, base64url) when several machines share one database.',
    without: 'Generated once into `ATOM_HOME/master.key`.',
    phases: 'console',
    secret: true,
  }),
  PUBLIC_URL: variable({
    schema: z.url().optional(),
    purpose: 'Address under which people reach the console; passkeys and links use it.',
    without: '`http://localhost:ATOM_PORT`.',
    phases: 'console',
  }),
  LOG_LEVEL: variable({
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
    purpose: 'Least severe log level that is written.',
    without: 'info.',
    phases: 'console',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: variable({
    schema: z.url().optional(),
    purpose: 'OTLP/HTTP collector that receives traces.',
    without: 'Spans are made and propagated, not exported.',
    phases: 'console',
  }),
  ENV: variable({
    schema: z.enum(['production', 'staging', 'simulation', 'development']).default('development'),
    purpose: 'What this console as a whole is for; `production` tightens every rule that says production.',
    without: 'development.',
    phases: 'all',
  }),
  SIMULATION_MODE: variable({
    schema: flag.optional(),
    purpose: 'Whether unauthenticated loopback calls may act on simulated things.',
    without: 'true while any critical variable of any phase is missing.',
    phases: 'all',
  }),
  POSTGRES_DSN: variable({
    schema: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
    purpose:
      'Postgres for the console’s own state, as a user that may create roles. DATABASE_URL is accepted too.',
    without: 'An embedded Postgres is started; state is real and durable.',
    phases: 'all',
    critical: ['G.1', 'H.4', 'I.1'],
    probe: 'postgres',
    secret: true,
  }),
  DATABASE_URL: variable({
    schema: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
    purpose: 'Same as POSTGRES_DSN, under the usual name.',
    without: 'POSTGRES_DSN decides.',
    phases: 'all',
    secret: true,
  }),
} as const satisfies Record<string, Variable>;
