import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface SeenLog {
  size: number;
  root: Buffer | null;
  note: string | null;
}

/** What this relay cosigned last of its console's ledger: one row a log, in a file of its own. */
export interface WitnessDisk {
  seen(origin: string): SeenLog;
  /** Durable before the cosignature leaves: a relay that forgot what it saw could be shown another history. */
  keep(origin: string, seen: { size: number; root: Buffer; note: string }): void;
  /** Two signed trees of one size, kept as proof. */
  accuse(origin: string, notes: [string, string], at: Date): void;
  accusations(): { origin: string; at: string }[];
  close(): void;
}

export function openWitnessDisk(folder: string): WitnessDisk {
  const db = new DatabaseSync(folder === ':memory:' ? folder : join(folder, 'witness.sqlite'));
  db.exec(`pragma journal_mode = wal; pragma synchronous = full;
    create table if not exists seen (origin text primary key, size integer not null, root blob not null, note text not null) strict;
    create table if not exists accusation (origin text not null, first text not null, second text not null, at text not null) strict;`);
  return {
    seen: origin => {
      const row = db.prepare('select size, root, note from seen where origin = ?').get(origin) as
        | { size: number; root: Uint8Array; note: string }
        | undefined;
      return row
        ? { size: row.size, root: Buffer.from(row.root), note: row.note }
        : { size: 0, root: null, note: null };
    },
    keep: (origin, { size, root, note }) => {
      db.prepare(
        `insert into seen (origin, size, root, note) values (?, ?, ?, ?)
        on conflict (origin) do update set size = excluded.size, root = excluded.root, note = excluded.note`,
      ).run(origin, size, root, note);
    },
    accuse: (origin, [first, second], at) => {
      db.prepare('insert into accusation (origin, first, second, at) values (?, ?, ?, ?)').run(
        origin,
        first,
        second,
        at.toISOString(),
      );
    },
    accusations: () =>
      db.prepare('select origin, at from accusation order by at').all() as { origin: string; at: string }[],
    close: () => db.close(),
  };
}
