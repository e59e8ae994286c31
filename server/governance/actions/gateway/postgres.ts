import { createHmac } from 'node:crypto';
import type { PlanStep } from '#kernel/actions/plan.ts';
import type { Clock } from '#kernel/clock/clock.ts';
import { env } from '#kernel/env/env.ts';
import { type RegionServer, regionServers } from '#kernel/regions/servers.ts';
import {
  type ActionDriver,
  DriverAway,
  DriverRefused,
  type Measured,
  TargetMoved,
  type TargetState,
} from '../gateway.ts';
import { ownerOf } from '../rules/ownership.ts';
import { scramVerifier } from '../rules/scram.ts';
import {
  endSessions,
  logsIn,
  oldSessions,
  type RemoteRole,
  readRoles,
  rotatePassword,
  withServer,
} from '../store/remote.ts';

const shape = /^postgres\/([a-z0-9-]+)\/([a-z0-9._-]+)$/;
const capable: readonly PlanStep['action'][] = ['rotate-keys', 'restart', 'dryrun'];

/**
 * Login roles of the regions' Postgres servers: their password is rotated, their sessions are ended. Whose a role is says
 * `ownerOf`; whoever may make roles, replicate or pass row level security is nobody's target.
 */
export function postgresDriver(
  { clock }: { clock: Clock },
  servers: () => RegionServer[] = regionServers,
): ActionDriver {
  const placeOf = (target: string): { server: RegionServer; role: string } | null => {
    const [, region, role] = shape.exec(target) ?? [];
    const server = servers().find(s => s.region === region);
    return server && role ? { server, role } : null;
  };
  const at = (target: string) => {
    const place = placeOf(target);
    if (!place) throw new DriverRefused(`No server of this console has ${target}.`);
    return place;
  };
  const read = async (target: string, tenantId: string): Promise<TargetState | null> => {
    const place = placeOf(target);
    if (!place) return null;
    const [found] = await reach(place.server, client => readRoles(client, place.role));
    return found && isTarget(found, tenantId) ? stateOf(found, place.server, tenantId) : null;
  };

  return {
    name: 'postgres',
    simulated: false,
    targets: async tenantId => {
      const found = await Promise.all(
        servers().map(async server => {
          const roles = await rolesOn(server, clock.now().getTime());
          return roles.filter(role => isTarget(role, tenantId)).map(role => stateOf(role, server, tenantId));
        }),
      );
      return found.flat();
    },
    handles: async (step, tenantId) =>
      capable.includes(step.action) &&
      shape.test(step.target) &&
      (await read(step.target, tenantId)) !== null,
    read,
    snapshot: async (step, tenantId) => {
      const found = await read(step.target, tenantId);
      if (!found) throw new DriverRefused(`There is no ${step.target} that may be acted on.`);
      return { ...found, takenAt: clock.now().toISOString() };
    },
    dryRun: async (step, before) => {
      const sessions = Number(before.state.sessions ?? 0);
      if (step.action === 'restart')
        return {
          changes: [{ field: 'sessions', before: sessions, after: 0 }],
          reversible: true,
          warnings: [
            'All sessions of the role end at once, with the transactions in them; whoever uses it has to connect again.',
          ],
        };
      if (step.action !== 'rotate-keys') return { changes: [], reversible: true, warnings: [] };
      const rotation = Number(before.state.rotation ?? 0);
      return {
        changes: [{ field: 'rotation', before: rotation, after: rotation + 1 }],
        reversible: false,
        warnings: [
          'The password before stops working at once for new connections, and cannot be brought back.',
          `${sessions} open sessions stay until they end.`,
        ],
      };
    },
    apply: async (step, before, order) => {
      const { server, role } = at(step.target);
      const version = async () => (await read(step.target, order.tenantId))?.version ?? before.version;
      if (step.action === 'restart') {
        const ended = await reach(server, client => endSessions(client, role, new Date(before.takenAt)));
        return { version: await version(), repeated: false, said: `${ended} sessions of ${role} were ended` };
      }
      if (step.action !== 'rotate-keys')
        return { version: before.version, repeated: false, said: 'nothing had to be changed' };
      const password = passwordOf(step.target, order.idempotencyKey);
      const salt = env().secret(`salt:${step.target}:${order.idempotencyKey}`).subarray(0, 16);
      const first = await reach(server, client =>
        rotatePassword(client, role, order.idempotencyKey, scramVerifier(password, salt), found => {
          const now = versionOf(found);
          if (order.expected !== null && now !== order.expected)
            throw new TargetMoved(step.target, order.expected, now);
        }),
      );
      return { version: await version(), repeated: !first, said: `the password of ${role} was rotated` };
    },
    verify: async (step, before) => {
      const { server, role } = at(step.target);
      if (step.action === 'restart') {
        const left = await reach(server, client => oldSessions(client, role, new Date(before.takenAt)));
        return measured([{ name: 'old sessions', wanted: 0, found: left, ok: left === 0 }]);
      }
      if (step.action !== 'rotate-keys') return measured([]);
      const [found] = await reach(server, client => readRoles(client, role));
      const rotated = found !== undefined && found.rotation > Number(before.state.rotation ?? 0);
      const password = found?.order ? passwordOf(step.target, found.order) : null;
      const lets =
        password !== null && rotated && (await reachable(() => logsIn(server.dsn, role, password)));
      return measured([
        {
          name: 'rotation',
          wanted: Number(before.state.rotation ?? 0) + 1,
          found: found?.rotation ?? null,
          ok: rotated,
        },
        { name: 'logs in with the new password', wanted: true, found: lets, ok: lets },
      ]);
    },
    rollback: async (step, before) => {
      // Sessions connect again by themselves; a password before is nobody's to bring back.
      if (step.action === 'rotate-keys')
        throw new DriverRefused('A rotated password cannot be brought back.');
      return { version: before.version, repeated: false, said: 'nothing had to be changed' };
    },
    secretOf: (step, order) => (step.action === 'rotate-keys' ? passwordOf(step.target, order) : null),
    restored: async (step, before) => {
      const found = await read(step.target, before.tenantId ?? '');
      const same = found?.version === before.version;
      return measured([{ name: 'version', wanted: before.version, found: found?.version ?? null, ok: same }]);
    },
  };
}

interface Listed {
  at: number;
  roles: Promise<RemoteRole[]>;
}
const listed = new Map<string, Listed>();
const listedMs = 15_000;

/**
 * Which roles there are, as of some seconds ago: it is asked with every plan, and a server that is away must not hold each
 * of them up. Such a server has no targets; acting on one of them would say so.
 */
function rolesOn(server: RegionServer, now: number): Promise<RemoteRole[]> {
  const known = listed.get(server.dsn);
  if (known && Math.abs(now - known.at) < listedMs) return known.roles;
  const roles = reach(server, client => readRoles(client, null)).catch(() => []);
  if (listed.size > 100) listed.clear();
  listed.set(server.dsn, { at: now, roles });
  return roles;
}

/** Follows from the order, so that a repeated order gives the same one and nothing has to be kept. */
export const passwordOf = (target: string, order: string): string =>
  createHmac('sha256', env().secret('postgres-rotation')).update(`${target}\n${order}`).digest('base64url');

const isTarget = (role: RemoteRole, tenantId: string): boolean =>
  role.canLogin && !role.privileged && ownerOf(role) === tenantId;

const versionOf = (role: RemoteRole): string => `${role.rotation}${role.mark ? `.${role.mark}` : ''}`;

const stateOf = (role: RemoteRole, server: RegionServer, tenantId: string): TargetState => ({
  target: `postgres/${server.region}/${role.name}`,
  kind: 'database',
  tenantId,
  region: server.region,
  version: versionOf(role),
  state: { rotation: role.rotation, sessions: role.sessions },
  // A real engine, and the demo world's data in it.
  simulated: server.embedded,
});

const measured = (checks: Measured['checks']): Measured => ({
  outcome: checks.every(check => check.ok) ? 'ok' : 'wrong',
  checks,
});

const reach = <T>(server: RegionServer, work: Parameters<typeof withServer<T>>[1]): Promise<T> =>
  reachable(() => withServer(server.dsn, work), server.region);

async function reachable<T>(work: () => Promise<T>, region = 'the region'): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code = '' } = error as { code?: string };
    // Connection errors, and a server that is starting or stopping.
    if (/^(E[A-Z]+|08\w{3}|57P0[123])$/.test(code) || /timeout|terminated/i.test(String(error)))
      throw new DriverAway(`The Postgres server of ${region} does not answer.`, error);
    if (/^\d|^[0-9A-Z]{5}$/.test(code)) throw new DriverRefused(`Postgres refused it (${code}).`, error);
    throw error;
  }
}
