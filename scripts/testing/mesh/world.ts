import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#kernel/clock/clock.ts';
import { bootstrapDatabase, roleUrl } from '#kernel/db/bootstrap.ts';
import { type Database, openDatabase } from '#kernel/db/database.ts';
import { type EmbeddedPostgres, startEmbedded } from '#kernel/db/embedded.ts';
import { applyMigrations } from '#kernel/db/migrate.ts';
import { env } from '#kernel/env/env.ts';
import { freePort } from '#kernel/http/free-port.ts';
import { migrateJobs } from '#kernel/jobs/run.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { publishNow as publishPolicy } from '#scripts/testing/publish.ts';
import type { Published } from '#server/policy/hub/service/publish.ts';
import { createJoinToken } from '#server/policy/relay/service/registry.ts';
import { testSecret } from '../secret.ts';
import { HubProgram, RelayProgram } from './programs.ts';
import { Wire } from './wire.ts';

export { until } from '../until.ts';

/** A Postgres, a hub and relays, each a process of its own, with a wire between the hub and each relay. */
export class MeshWorld {
  readonly folder: string;
  readonly #settings: Record<string, string>;
  readonly #port: number;
  #server: EmbeddedPostgres;
  readonly database: Database;
  readonly hub: HubProgram;
  readonly relays: RelayProgram[] = [];
  token = '';

  static async start(settings: Record<string, string> = { fsync: 'off', synchronous_commit: 'off' }) {
    const folder = mkdtempSync(join(tmpdir(), 'atom-mesh-'));
    chmodSync(folder, 0o711); // Postgres does not run as root, and must reach its folder within
    const server = await startEmbedded({
      dir: join(folder, 'pg'),
      port: freePort,
      password: 'mesh',
      settings,
    });
    const { port } = server;
    await bootstrapDatabase(server.adminUrl, 'mesh');
    const owner = roleUrl(server.adminUrl, 'atom_owner', 'mesh');
    await applyMigrations(owner);
    await migrateJobs(owner);
    const url = new URL(server.adminUrl);
    url.pathname = '/mesh';
    const given = {
      ATOM_HOME: folder,
      ATOM_SECRET: env().vars.ATOM_SECRET ?? testSecret,
      LOG_LEVEL: 'warn',
      SIMULATION_MODE: 'true',
    };
    const hub = new HubProgram(url.toString(), await freePort(), given);
    const world = new MeshWorld({ folder, settings, port, server, url: url.toString(), hub });
    await hub.start();
    world.token = (await createJoinToken(world.ctx(), { name: 'mesh', maxUses: 50, hours: 1 })).token;
    writeFileSync(join(folder, 'token'), world.token);
    return world;
  }

  private constructor(made: {
    folder: string;
    settings: Record<string, string>;
    port: number;
    server: EmbeddedPostgres;
    url: string;
    hub: HubProgram;
  }) {
    this.folder = made.folder;
    this.#settings = made.settings;
    this.#port = made.port;
    this.#server = made.server;
    this.database = openDatabase(made.url);
    this.hub = made.hub;
  }

  ctx = () => systemContext('test', this.database, systemClock);

  async addRelays(ids: readonly string[], options: { plainHttpOnly?: boolean } = {}): Promise<void> {
    for (const id of ids) {
      const wire = await Wire.to(this.hub.port, options);
      this.relays.push(new RelayProgram(id, join(this.folder, id), wire, join(this.folder, 'token')));
    }
    await Promise.all(this.relays.filter(r => ids.includes(r.id)).map(r => r.start()));
  }

  relay(id: string): RelayProgram {
    const found = this.relays.find(relay => relay.id === id);
    if (!found) throw new Error(`There is no relay ${id}.`);
    return found;
  }

  async publish(policy: object): Promise<Published> {
    const published = await publishPolicy(this.ctx(), policy);
    if (!('rollout' in published)) throw new Error('This publication waits for an approval.');
    return published;
  }

  async restartPostgres(): Promise<void> {
    await this.#server.stop();
    const dir = join(this.folder, 'pg');
    this.#server = await startEmbedded({
      dir,
      port: this.#port,
      password: 'mesh',
      settings: this.#settings,
    });
  }

  rows = async <Row = Record<string, unknown>>(sql: string, values: unknown[] = []): Promise<Row[]> =>
    (await this.database.pool('atom_owner').query(sql, values)).rows as Row[];

  /** What the hub has made active, as each relay should name it. */
  wanted = async (): Promise<string[]> =>
    (
      await this.rows<{ word: string }>(
        `select concat_ws(' ', id, active_version, active_hash, active_epoch) as word from policy
         where state = 'active' order by 1`,
      )
    ).map(row => row.word);

  /** Everything that was ever active, in the same words. */
  history = async (): Promise<Set<string>> =>
    new Set(
      (
        await this.rows<{ word: string }>(
          `select concat_ws(' ', policy_id, version, hash, epoch) as word from policy_activation where not revoked`,
        )
      ).map(row => row.word),
    );

  async close(): Promise<void> {
    await Promise.all(this.relays.map(relay => relay.kill()));
    await this.hub.kill();
    await Promise.all(this.relays.map(relay => relay.wire.close()));
    await this.database.close().catch(() => {});
    await this.#server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
