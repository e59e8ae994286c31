import type { Database } from '../db/database.ts';
import { DomainError } from '../errors/domain-error.ts';

export interface Bucket {
  capacity: number;
  perSecond: number;
}

const takeSql = `insert into rate_bucket as b (key, tokens, updated_at) values ($1, $2::float8 - 1, $4)
  on conflict (key) do update set
    tokens = least($2::float8, b.tokens + greatest(0, extract(epoch from $4::timestamptz - b.updated_at)) * $3::float8) - 1,
    updated_at = greatest(b.updated_at, $4)
  where least($2::float8, b.tokens + greatest(0, extract(epoch from $4::timestamptz - b.updated_at)) * $3::float8) >= 1
  returning tokens`;

/** A token bucket in Postgres, shared by all processes: one statement, no lock held beyond it. */
export async function takeToken(database: Database, key: string, bucket: Bucket, now: Date): Promise<void> {
  const taken = await database
    .pool('atom_app')
    .query({ name: 'rate-take', text: takeSql, values: [key, bucket.capacity, bucket.perSecond, now] });
  if (taken.rowCount === 1) return;
  const retryAfter = Math.max(1, Math.ceil(1 / bucket.perSecond));
  throw new DomainError(
    'rate_limited',
    'request.rate_limited',
    `Too many attempts. Try again in ${retryAfter} s.`,
    { retryAfter },
  );
}
