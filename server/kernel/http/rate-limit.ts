import type { Database } from '../db/database.ts';
import { DomainError } from '../errors/domain-error.ts';

export interface Bucket {
  capacity: number;
  perSecond: number;
}

// A bucket need not outlive a crash of Postgres by the last half second: nobody waits for the disk.
const takeSql = `insert into rate_bucket as b (key, tokens, updated_at)
  select $1, $2::float8 - $5::float8, $4::timestamptz
  from (select set_config('synchronous_commit', 'off', true) as quick) q where q.quick is not null
  on conflict (key) do update set
    tokens = least($2::float8, b.tokens + greatest(0, extract(epoch from $4::timestamptz - b.updated_at)) * $3::float8) - $5::float8,
    updated_at = greatest(b.updated_at, $4)
  where least($2::float8, b.tokens + greatest(0, extract(epoch from $4::timestamptz - b.updated_at)) * $3::float8) >= $5::float8
  returning tokens`;

/** A token bucket in Postgres, shared by all processes: one statement, no lock held beyond it. */
export async function takeToken(
  database: Database,
  key: string,
  bucket: Bucket,
  now: Date,
  amount = 1,
): Promise<void> {
  const taken = await database.pool('atom_app').query({
    name: 'rate-take',
    text: takeSql,
    values: [key, bucket.capacity, bucket.perSecond, now, amount],
  });
  if (taken.rowCount === 1) return;
  const retryAfter = Math.max(1, Math.ceil(amount / bucket.perSecond));
  throw new DomainError(
    'rate_limited',
    'request.rate_limited',
    `Too many attempts. Try again in ${retryAfter} s.`,
    { retryAfter },
  );
}

const leaseTokens = 20;
const leaseMs = 1000;

/**
 * For callers that come hundreds of times a second: takes tokens from the shared bucket twenty at a time and spends them
 * here, since a durable write for every read would cost more than the read. What is left of a lease after a second is
 * lost, so a limit errs on the strict side by at most one lease per process.
 */
export function leasedTokens(database: Database, bucket: Bucket): (key: string, now: Date) => Promise<void> {
  const leases = new Map<string, { left: number; until: number }>();
  return async (key, now) => {
    const lease = leases.get(key);
    if (lease && lease.left > 0 && lease.until > now.getTime()) {
      lease.left -= 1;
      return;
    }
    await takeToken(database, key, bucket, now, leaseTokens);
    if (leases.size > 10_000) leases.clear();
    leases.set(key, { left: leaseTokens - 1, until: now.getTime() + leaseMs });
  };
}
