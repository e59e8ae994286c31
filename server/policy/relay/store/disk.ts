import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type EdgeState, emptyEdge, type Held } from '../rules/edge.ts';
import type { Damage } from '../rules/mend.ts';
import { checkStored, kindStated } from '../rules/verify.ts';
import { type HubKeys, type PinnedLog, type WireEnvelope, wireEnvelope } from '../schema.ts';

/** What was pinned at the join. Written once; a relay that is to follow another hub starts with an empty folder. */
export interface Identity {
  id: string;
  hub: string;
  keys: HubKeys;
  /** The last entry of the log when the keys were pinned. */
  keysFrom?: number;
  privateKey: string;
  /** Absent where the relay joined before it witnessed. */
  ledger?: PinnedLog;
}

export interface Disk {
  identity(): Identity | null;
  pin(identity: Identity): void;
  /** The state as it can be believed: every policy is verified again, what does not hold is left out and named. */
  load(): { state: EdgeState; discarded: Damage[] } | null;
  /** One durable transaction; what is acknowledged to the hub was saved before. */
  save(before: EdgeState, after: EdgeState): void;
  /** Everything anew, after a repair. */
  replace(whole: EdgeState): void;
  /** A number above every one given out before, also across a crash. */
  reserveSeq(count: number, floor: number): number;
  /** Wall-clock time at which the relay last knew that it was current. */
  freshAt(): number | null;
  noteFresh(at: number): void;
  close(): void;
}

const tables = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table if not exists meta (name text primary key, value text not null) strict;
  create table if not exists highest (policy text primary key, version integer not null) strict;
  create table if not exists held (
    state text not null check (state in ('staged', 'active')), key text not null, rollout text not null,
    policy text not null, version integer not null, epoch integer not null, hash text not null,
    content blob not null, statement text not null, primary key (state, key)) strict;
  create table if not exists behind (policy text primary key, version integer not null, epoch integer not null) strict;
`;

interface HeldRow {
  state: string;
  rollout: string;
  policy: string;
  version: number;
  epoch: number;
  hash: string;
  content: Uint8Array;
  statement: string;
}

/** A text that cannot be read is a statement nobody signed. */
function envelopeOf(text: string): WireEnvelope {
  try {
    const parsed = wireEnvelope.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch {}
  return { payload: '', payloadType: '', signatures: [] };
}

export function openDisk(folder: string): Disk {
  const path = folder === ':memory:' ? folder : join(folder, 'relay.sqlite');
  if (folder !== ':memory:') mkdirSync(folder, { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(path);
  db.exec(tables);
  const getMeta = db.prepare('select value from meta where name = ?');
  const setMeta = db.prepare(
    'insert into meta (name, value) values (?, ?) on conflict (name) do update set value = excluded.value',
  );
  const setHighest = db.prepare(
    'insert into highest (policy, version) values (?, ?) on conflict (policy) do update set version = excluded.version',
  );
  const setHeld = db.prepare(
    'insert or replace into held (state, key, rollout, policy, version, epoch, hash, content, statement) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const dropHeld = db.prepare('delete from held where state = ? and key = ?');
  const meta = (name: string) => (getMeta.get(name) as { value: string } | undefined)?.value;
  const transaction = (work: () => void) => {
    db.exec('begin immediate');
    try {
      work();
      db.exec('commit');
    } catch (error) {
      db.exec('rollback');
      throw error;
    }
  };
  const put = (state: 'staged' | 'active', key: string, held: Held, epoch: number) => {
    const { policy, version, rollout, statement } = held;
    setHeld.run(
      state,
      key,
      rollout,
      policy.content.id,
      version,
      epoch,
      policy.hash,
      policy.bytes,
      JSON.stringify(statement),
    );
  };
  const write = (before: EdgeState, after: EdgeState) => {
    const { keys, pastKeys, cursor, headHash, epoch, region, labels } = after;
    setMeta.run('position', JSON.stringify({ keys, pastKeys, cursor, headHash, epoch, region, labels }));
    for (const [policy, version] of after.highest)
      if (before.highest.get(policy) !== version) setHighest.run(policy, version);
    for (const [key, held] of after.staged) if (before.staged.get(key) !== held) put('staged', key, held, 0);
    for (const key of before.staged.keys()) if (!after.staged.has(key)) dropHeld.run('staged', key);
    for (const [key, held] of after.active)
      if (before.active.get(key) !== held) put('active', key, held, held.epoch);
    for (const key of before.active.keys()) if (!after.active.has(key)) dropHeld.run('active', key);
    db.exec('delete from behind');
    for (const [policy, { version, epoch: at }] of after.behind)
      db.prepare('insert into behind (policy, version, epoch) values (?, ?, ?)').run(policy, version, at);
  };
  const identity = (): Identity | null => {
    const text = meta('identity');
    return text ? (JSON.parse(text) as Identity) : null;
  };

  return {
    identity,
    pin: value => {
      if (meta('identity'))
        throw new Error('This folder belongs to a relay that joined already. Use an empty one.');
      setMeta.run('identity', JSON.stringify(value));
    },
    load: () => {
      const own = identity();
      if (!own) return null;
      const state = emptyEdge(own.hub, own.keys, own.keysFrom);
      const position = meta('position');
      if (position) Object.assign(state, JSON.parse(position));
      for (const row of db.prepare('select policy, version from highest').all() as {
        policy: string;
        version: number;
      }[])
        state.highest.set(row.policy, row.version);
      for (const row of db.prepare('select policy, version, epoch from behind').all() as {
        policy: string;
        version: number;
        epoch: number;
      }[])
        state.behind.set(row.policy, { version: row.version, epoch: row.epoch });
      const discarded: Damage[] = [];
      const sets = [state.keys, ...state.pastKeys];
      for (const row of db.prepare('select * from held').all() as unknown as HeldRow[]) {
        const statement = envelopeOf(row.statement);
        const content = Buffer.from(row.content);
        const checked = checkStored(
          {
            policy: row.policy,
            version: row.version,
            hash: row.hash,
            content: content.toString('base64'),
            statement,
          },
          sets,
        );
        if (!checked.ok) {
          const { policy, version } = row;
          const kind = kindStated(statement, sets);
          discarded.push({ policy, version, kind, active: row.state === 'active', reason: checked.reason });
          if (row.state === 'active')
            state.behind.set(row.policy, { version: row.version, epoch: row.epoch });
          continue;
        }
        const held = { rollout: row.rollout, version: row.version, policy: checked.policy, statement };
        if (row.state === 'active') state.active.set(row.policy, { ...held, epoch: row.epoch });
        else state.staged.set(row.rollout, held);
      }
      return { state, discarded };
    },
    save: (before, after) => transaction(() => write(before, after)),
    replace: whole =>
      transaction(() => {
        db.exec('delete from held; delete from highest');
        write(emptyEdge(whole.hub, whole.keys), whole);
      }),
    reserveSeq: (count, floor) => {
      const next = Math.max(Number(meta('seq') ?? 0), floor);
      setMeta.run('seq', String(next + count));
      return next;
    },
    freshAt: () => {
      const text = meta('fresh');
      return text === undefined ? null : Number(text);
    },
    noteFresh: at => {
      setMeta.run('fresh', String(at));
    },
    close: () => db.close(),
  };
}
