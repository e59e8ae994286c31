import { env } from '../env/env.ts';
import { conflict } from '../errors/domain-error.ts';
import { canonicalBytes, sha256Hex } from '../signing/canonical.ts';
import { seal, unseal } from '../signing/seal.ts';
import type { RequestContext } from './context.ts';

const keepMs = 24 * 3600_000;
const runningMs = 60_000;

export interface Claim {
  replay?: { response: unknown };
  settle(response: unknown): Promise<void>;
  release(): Promise<void>;
}

/**
 * One key = one effect. The claim is taken before the handler runs, the commit marks it within its own transaction, and
 * the answer is kept for repeats. A crash between commit and answer is told as such, never run again.
 */
export async function claimKey(
  from: RequestContext,
  procedure: string,
  input: unknown,
): Promise<Claim | null> {
  const key = from.request.idempotencyKey;
  if (!key) return null;
  const pool = from.database.pool('atom_app');
  const principal = `${from.principal.kind}:${from.principal.id}`;
  const digest = sha256Hex(canonicalBytes({ procedure, input: input ?? null }));
  const now = from.clock.now();
  const expires = new Date(now.getTime() + keepMs);
  const taken = await pool.query(
    `insert into idempotency (principal, key, procedure, input_digest, state, created_at, expires_at)
     values ($1, $2, $3, $4, 'running', $5, $6)
     on conflict (principal, key) do update set state = 'running', procedure = $3, input_digest = $4, created_at = $5,
       expires_at = $6, response = null, entry_uid = null
       where idempotency.expires_at < $5
          or (idempotency.state = 'running' and idempotency.entry_uid is null and idempotency.created_at < $7)
     returning key`,
    [principal, key, procedure, digest, now, expires, new Date(now.getTime() - runningMs)],
  );
  if (taken.rowCount === 0) return { ...(await replay(from, principal, key, digest)), ...inert };
  return {
    settle: async response => {
      await pool.query(
        `update idempotency set state = 'done', response = $3 where principal = $1 and key = $2`,
        [principal, key, JSON.stringify(sealAnswer(principal, key, response))],
      );
    },
    release: async () => {
      await pool.query(
        `delete from idempotency where principal = $1 and key = $2 and state = 'running' and entry_uid is null`,
        [principal, key],
      );
    },
  };
}

// An answer may be a password or a token that is shown once: a copy of it must not lie open in the database.
const belongsTo = (principal: string, key: string) => `idempotency:${principal}:${key}`;
const sealAnswer = (principal: string, key: string, answer: unknown): string =>
  seal(env().secret('idempotency'), JSON.stringify(answer ?? null), belongsTo(principal, key));
const openAnswer = (principal: string, key: string, sealed: string): unknown =>
  JSON.parse(unseal(env().secret('idempotency'), sealed, belongsTo(principal, key)).toString());

const inert = { settle: async () => {}, release: async () => {} };

async function replay(from: RequestContext, principal: string, key: string, digest: string) {
  const found = await from.database
    .pool('atom_app')
    .query(
      'select input_digest, state, response, entry_uid, created_at from idempotency where principal = $1 and key = $2',
      [principal, key],
    );
  const row = found.rows[0] as
    | { input_digest: string; state: string; response: string; entry_uid: string | null; created_at: string }
    | undefined;
  if (!row)
    throw conflict('idempotency.in_progress', 'The same request was just being handled. Try again.', {
      retryAfter: 1,
    });
  if (row.input_digest !== digest)
    throw conflict(
      'idempotency.key_reused',
      'This idempotency key was used for a different request. Use a new key.',
    );
  if (row.state === 'done') return { replay: { response: openAnswer(principal, key, row.response) } };
  // Committed a moment ago: its answer is still being written. Only later is it lost.
  const age = from.clock.now().getTime() - Date.parse(row.created_at);
  if (row.entry_uid && age >= runningMs)
    throw conflict(
      'idempotency.applied',
      'The request was carried out, but its answer was lost. Read the object again.',
      {
        entry: row.entry_uid,
      },
    );
  throw conflict('idempotency.in_progress', 'The same request is being handled right now.', {
    retryAfter: 1,
  });
}
