import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Prisma } from '#kernel/db/generated/client.ts';
import type { MemberState, TrustBundle } from '../schema.ts';

export interface StoredMember {
  id: string;
  trustDomain: string;
  endpoint: string;
  state: MemberState;
  origin: 'invited' | 'joined';
  simulated: boolean;
  bundle: TrustBundle;
  bundleSequence: number;
  refreshHint: number;
  bundleAt: string;
  nextRefreshAt: string;
  failures: number;
  lastError: string | null;
  reason: string | null;
  createdAt: string;
  /** When two people had agreed; null = they never were asked, or did not. */
  admittedAt: string | null;
  revokedAt: string | null;
}

const memberColumns = `id, trust_domain as "trustDomain", endpoint, state, origin, simulated, bundle,
  bundle_sequence as "bundleSequence", refresh_hint as "refreshHint", bundle_at as "bundleAt",
  next_refresh_at as "nextRefreshAt", failures, last_error as "lastError", reason, created_at as "createdAt", admitted_at as "admittedAt",
  revoked_at as "revokedAt"`;
const reach = (db: ReadDb) => (db.scope.reach === 'simulated' ? 'simulated' : 'true');

export const selectMembers = (db: ReadDb): Promise<StoredMember[]> =>
  db.query({
    sql: `select ${memberColumns} from federation_member where ${reach(db)} order by id`,
    parameters: [],
  });

export const findMember = (db: ReadDb, id: string): Promise<StoredMember | null> =>
  db.one({
    sql: `select ${memberColumns} from federation_member where id = $1 and ${reach(db)}`,
    parameters: [id],
  });

export const selectDue = (db: ReadDb, now: Date): Promise<StoredMember[]> =>
  db.query({
    sql: `select ${memberColumns} from federation_member
      where state in ('active', 'pending', 'suspended') and next_refresh_at <= $1 order by next_refresh_at limit 20`,
    parameters: [now],
  });

export async function insertMember(
  tx: Tx,
  row: Omit<
    StoredMember,
    | 'admittedAt'
    | 'failures'
    | 'lastError'
    | 'reason'
    | 'createdAt'
    | 'revokedAt'
    | 'state'
    | 'bundleAt'
    | 'nextRefreshAt'
  > & {
    now: Date;
    nextRefreshAt: Date;
  },
): Promise<boolean> {
  const { now, bundle, ...rest } = row;
  const data = {
    ...rest,
    bundle: bundle as Prisma.InputJsonValue,
    state: 'pending',
    bundleAt: now,
    createdAt: now,
    updatedAt: now,
  };
  const { count } = await tx.federationMember.createMany({ data: [data], skipDuplicates: true });
  return count === 1;
}

export async function moveMember(
  tx: Tx,
  id: string,
  from: readonly MemberState[],
  to: MemberState,
  reason: string,
  now: Date,
  admits = false,
): Promise<boolean> {
  const { count } = await tx.federationMember.updateMany({
    where: { id, state: { in: [...from] } },
    data: {
      state: to,
      reason,
      updatedAt: now,
      ...(to === 'revoked' ? { revokedAt: now } : {}),
      ...(admits ? { admittedAt: now } : {}),
    },
  });
  return count === 1;
}

/** Only over the bundle that was looked at: two refreshes at once leave the newer one. */
export async function saveBundle(
  tx: Tx,
  id: string,
  heldSequence: number,
  next: { bundle: TrustBundle; sequence: number; refreshHint: number; now: Date; nextRefreshAt: Date },
): Promise<boolean> {
  const { count } = await tx.federationMember.updateMany({
    where: { id, bundleSequence: heldSequence, state: { not: 'revoked' } },
    data: {
      bundle: next.bundle as Prisma.InputJsonValue,
      bundleSequence: next.sequence,
      refreshHint: next.refreshHint,
      bundleAt: next.now,
      nextRefreshAt: next.nextRefreshAt,
      failures: 0,
      lastError: null,
    },
  });
  return count === 1;
}

export async function noteFailure(tx: Tx, id: string, error: string, nextRefreshAt: Date): Promise<void> {
  await tx.federationMember.update({
    where: { id },
    data: { failures: { increment: 1 }, lastError: error.slice(0, 300), nextRefreshAt },
  });
}
