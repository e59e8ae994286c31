import type { Principal } from '../auth/principal.ts';
import type { Tx } from '../db/database.ts';
import { uuidv7 } from '../ids/ids.ts';
import { canonicalBytes } from '../signing/canonical.ts';
import type { CommitEvent, EntryBody } from './event.ts';
import { leafHash } from './tree.ts';

/** Bundles of entries carry their lengths in two bytes. */
export const maxEntryBytes = 65_535;

export interface AppendContext {
  principal: Principal;
  now: Date;
  procedure?: string;
  channel?: string;
  traceId?: string;
  idempotencyKey?: string;
}

export interface Appended {
  uid: string;
  leaf: Uint8Array;
}

/**
 * Closes the caller's transaction: entry, outbox rows and idempotency mark in one statement. The entry has no position
 * yet; the sequencer gives it one after the commit, so committers never wait for one another.
 */
export async function appendEntry(tx: Tx, ctx: AppendContext, event: CommitEvent): Promise<Appended> {
  const { principal, now } = ctx;
  const tenantId = event.tenantId ?? principal.tenantId;
  const entry: EntryBody = {
    v: 1,
    uid: uuidv7(now.getTime()),
    at: now.toISOString(),
    type: event.type,
    actor: { kind: principal.kind, id: principal.id },
    ...(principal.sessionId ? { session: principal.sessionId } : {}),
    ...(tenantId ? { tenant: tenantId } : {}),
    ...(event.target ? { target: event.target } : {}),
    ...(event.reference ? { reference: event.reference } : {}),
    ...(event.causedBy?.length ? { causedBy: [...event.causedBy] } : {}),
    ...(ctx.procedure ? { procedure: ctx.procedure } : {}),
    ...(ctx.channel ? { channel: ctx.channel } : {}),
    ...(ctx.traceId ? { trace: ctx.traceId } : {}),
    ...(principal.kind === 'simulation' ? { simulated: true } : {}),
    detail: event.detail ?? {},
  };
  const body = canonicalBytes(entry);
  if (body.length > maxEntryBytes)
    throw new Error(
      `An entry of ${body.length} bytes: at most ${maxEntryBytes}. Put a digest into its detail.`,
    );
  const leaf = leafHash(body);
  const target = event.target ? `${event.target.kind}:${event.target.id}` : null;
  const notices = (event.topics ?? []).map(({ topic, key }) => ({
    kind: 'notice',
    body: { topic, key: key ?? null, tenantId: tenantId ?? null, type: event.type, at: entry.at },
  }));
  const jobs = (event.jobs ?? []).map(job => ({ kind: 'job', body: job }));
  const outbox = JSON.stringify([...notices, ...jobs]);
  const idemPrincipal = ctx.idempotencyKey ? `${principal.kind}:${principal.id}` : null;
  await tx.$executeRaw`select finish_commit(${entry.uid}::uuid, ${body}, ${leaf}, ${event.type},
    ${`${principal.kind}:${principal.id}`}, ${tenantId ?? null}, ${target}, ${event.reference ?? null}, ${now},
    ${outbox}::jsonb, ${idemPrincipal}, ${ctx.idempotencyKey ?? null})`;
  return { uid: entry.uid, leaf };
}
