import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { publicPem } from '#kernel/signing/algorithm.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { dsseEnvelope } from '#kernel/signing/dsse.ts';
import { activeSigners, trustedKeys } from '#kernel/signing/signer.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { evidenceExtras, type PackedLine } from '#server/governance/audit/schema/evidence.ts';
import { type EntryFilter, entryFilter } from '#server/governance/audit/schema.ts';
import { type EvidenceRequest, exportEvidence } from '#server/governance/audit/service/export.ts';
import { latestFacts } from '#server/policy/auditor/service.ts';
import { readActiveAt } from '#server/policy/hub/service/read.ts';
import { badInstant, noSuchEvidence, nothingActive } from '../errors.ts';
import { type PackedPolicy, packedAt, packedOf } from '../store.ts';

interface Asked {
  /** A policy, or `@` and an instant. */
  id: string;
  region: string | null;
}

/**
 * Everything that proves what a policy was, or what was active in a region at an instant: the very bytes and signatures, their
 * entries of the ledger with proofs, the checkpoint, and the last audit. `signing` is the whole database: keys are no reading.
 */
export async function packEvidence(
  ctx: ReadContext,
  signing: { database: Database; clock: Clock },
  asked: Asked,
): Promise<AsyncIterable<Uint8Array>> {
  const policies = await chosen(ctx, asked);
  const audit = await latestFacts(ctx);
  const signers = await activeSigners(signing.database, signing.clock);
  const request: EvidenceRequest = {
    filters: [
      ...[...new Set(policies.map(p => p.id))].map(id => about(`policy:${id}`)),
      ...(audit ? [about(`edge_audit:${audit.id}`)] : []),
    ],
    words: `${asked.id}${asked.region === null ? '' : ` region=${asked.region}`}`,
    signers,
    keys: await statementKeys(signing.database, policies),
    extras: [
      { name: evidenceExtras.policies, text: policies.map(p => lineOf(lineFor(p))).join('') },
      ...(audit ? [{ name: evidenceExtras.audit, text: audit.facts.map(lineOf).join('') }] : []),
    ],
  };
  return exportEvidence(ctx, request);
}

const lineOf = (value: object): string => `${canonicalBytes(value).toString('utf8')}\n`;
const about = (target: string): EntryFilter => entryFilter.parse({ target, routine: true });

async function chosen(ctx: ReadContext, { id, region }: Asked): Promise<PackedPolicy[]> {
  if (!id.startsWith('@')) {
    const versions = await packedOf(ctx.db, id);
    if (versions.length === 0) throw noSuchEvidence(id);
    return versions;
  }
  const at = new Date(id.slice(1));
  if (Number.isNaN(at.getTime())) throw badInstant();
  const active = await readActiveAt(ctx, {
    at: at.toISOString(),
    ...(region === null ? {} : { region }),
  });
  if (active.length === 0) throw nothingActive();
  return packedAt(
    ctx.db,
    active.map(row => row.epoch),
  );
}

const lineFor = (p: PackedPolicy): PackedLine => ({
  id: p.id,
  kind: p.kind,
  version: p.version,
  hash: p.hash,
  epoch: p.epoch,
  from: p.from,
  until: p.until,
  content: p.content.toString('base64'),
  statement: dsseEnvelope.parse(JSON.parse(p.statement)),
});

/** The public keys by which the statements hold: put aside ones too, since what is packed may be old. */
async function statementKeys(database: Database, policies: readonly PackedPolicy[]) {
  const named = new Set(
    policies.flatMap(p => dsseEnvelope.parse(JSON.parse(p.statement)).signatures.map(s => s.keyid)),
  );
  return (await trustedKeys(database))
    .filter(key => named.has(key.id) && !key.revokedAt)
    .map(({ id, algorithm, key }) => ({ id, algorithm, publicKey: publicPem(key) }));
}
