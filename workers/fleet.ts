import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { env } from '#kernel/env/env.ts';
import { version } from '#kernel/env/version.ts';
import { log } from '#kernel/log/log.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { publishFirstPolicies } from '#server/policy/hub/service/first-policies.ts';
import { RelayEngine } from '#server/policy/relay/service/engine.ts';
import { enrol, identityOf, openDisk } from '#server/policy/relay/service/enrol.ts';
import { ensureDemoToken } from '#server/policy/relay/service/registry.ts';
import { keepLink, type Link } from './relay/link.ts';

/**
 * The relays of the simulated world. Two of the five run as programs of their own, started beside this process; these
 * three share it. They are relays like any other: own keys, own disks, the same wire to the hub.
 */
const members = [
  { id: 'edge-ap-south', region: 'ap-south' },
  { id: 'edge-ap-northeast', region: 'ap-northeast' },
  { id: 'edge-sa-east', region: 'sa-east' },
] as const;

export const fleetFolder = (): string => join(env().home, 'relays');
export const fleetTokenFile = (): string => join(env().home, 'relays.token');

export async function startFleet(database: Database, clock: Clock): Promise<{ stop(): Promise<void> }> {
  if (!env().simulation) return { stop: async () => {} };
  const token = await demoToken(database, clock);
  const hub = `http://${env().host === '::1' ? '[::1]' : '127.0.0.1'}:${8700 + env().servicePortOffset}`;
  const links: Link[] = [];
  for (const member of members) {
    try {
      const disk = openDisk(join(fleetFolder(), member.id));
      await enrol(disk, {
        hub,
        token,
        ...member,
        labels: { fleet: 'demo' },
        agent: `relay ${version()}`,
        now: new Date(),
      });
      const identity = identityOf(disk);
      if (!identity) continue;
      links.push(
        keepLink({
          hub,
          say: (event, facts) => log().debug({ ...facts, event, relay: identity.id }),
          engine: send =>
            new RelayEngine({
              id: identity.id,
              key: identity.key,
              disk,
              agent: `relay ${version()}`,
              now: () => new Date(),
              mono: () => performance.now(),
              send,
              say: (event, facts) => log().warn({ ...facts, event, relay: identity.id }),
            }),
        }),
      );
    } catch (error) {
      log().error({ event: 'fleet.relay_failed', relay: member.id, error });
    }
  }
  const first = setTimeout(() => {
    // Once the relays are there, so that they are seen to take part.
    publishFirstPolicies(systemContext('policy.first', database, clock)).catch(error =>
      log().error({ event: 'fleet.first_policies_failed', error }),
    );
  }, 4000);
  return {
    stop: async () => {
      clearTimeout(first);
      await Promise.allSettled(links.map(link => link.stop()));
    },
  };
}

/** EDGE_MESH_TOKEN where it is set, else one made at the first start and kept beside the state. */
async function demoToken(database: Database, clock: Clock): Promise<string> {
  const file = fleetTokenFile();
  const given =
    env().vars.EDGE_MESH_TOKEN ?? (existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined);
  const token = await ensureDemoToken(systemContext('policy.fleet', database, clock), given);
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return token;
}
