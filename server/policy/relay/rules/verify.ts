import { createPublicKey } from 'node:crypto';
import { type HashedPolicy, readPolicy } from '#kernel/policy/bytes.ts';
import { type PolicyKind, policyKinds } from '#kernel/policy/kinds.ts';
import { sha256Hex } from '#kernel/signing/canonical.ts';
import { decodeBase64, type VerifyKey, verifyEnvelope } from '#kernel/signing/dsse.ts';
import {
  beatType,
  entryType,
  type HubBeat,
  type HubKeys,
  type HubWelcome,
  hubBeat,
  hubWelcome,
  type LogEntry,
  logBody,
  logHeader,
  policyStatement,
  statementType,
  type WireEnvelope,
  welcomeType,
} from '../schema.ts';
import type { CheckedBody, CheckedEntry } from './edge.ts';

export type Checked<T> = { ok: true; value: T } | { ok: false; reason: string };

const ok = <T>(value: T): Checked<T> => ({ ok: true, value });
const refused = <T>(reason: string): Checked<T> => ({ ok: false, reason });

interface ParsedKeys {
  classical: VerifyKey[];
  postQuantum: VerifyKey[];
}
const parsed = new WeakMap<HubKeys, ParsedKeys>();

/** Parsed once for each pinned set. A key in the list of the wrong algorithm counts for nothing. */
function keysOf(keys: HubKeys): ParsedKeys {
  const known = parsed.get(keys);
  if (known) return known;
  const read = (list: HubKeys['classical'], fits: (type: string | undefined) => boolean) =>
    list.flatMap(({ id, pem }) => {
      try {
        const key = createPublicKey(pem);
        return fits(key.asymmetricKeyType) ? [{ id, key }] : [];
      } catch {
        return [];
      }
    });
  const made = {
    classical: read(keys.classical, type => type === 'ed25519' || type === 'ec'),
    postQuantum: read(keys.postQuantum, type => type === 'ml-dsa-65'),
  };
  parsed.set(keys, made);
  return made;
}

/** Both a classical and a post-quantum signature of pinned keys over the same bytes; one alone is half a signature. */
export function verifyBoth(envelope: WireEnvelope, type: string, keys: HubKeys): Checked<Buffer> {
  const { classical, postQuantum } = keysOf(keys);
  const first = verifyEnvelope(envelope, type, classical);
  const second = verifyEnvelope(envelope, type, postQuantum);
  if (first.ok && second.ok) return ok(first.payload);
  if (first.ok || second.ok) return refused('half_signed');
  return refused(first.reason === 'tampered' || second.reason === 'tampered' ? 'tampered' : first.reason);
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The policy as an edge must see it: signed twice, hashed here, and of the version and id it was sent as. */
export function checkPolicy(
  stage: { policy: string; version: number; hash: string; content: string; statement: WireEnvelope },
  keys: HubKeys,
): { ok: true; policy: HashedPolicy } | { ok: false; reason: string } {
  const signed = verifyBoth(stage.statement, statementType, keys);
  if (!signed.ok) return signed;
  const statement = policyStatement.safeParse(parse(signed.value));
  if (!statement.success) return { ok: false, reason: 'malformed' };
  const bytes = decodeBase64(stage.content);
  const policy = bytes && readPolicy(bytes);
  if (!policy) return { ok: false, reason: 'malformed' };
  const { subject, predicate } = statement.data;
  if (subject[0]?.digest.sha256 !== policy.hash || stage.hash !== policy.hash)
    return { ok: false, reason: 'wrong_hash' };
  if (
    predicate.id !== stage.policy ||
    policy.content.id !== stage.policy ||
    predicate.kind !== policy.content.kind ||
    predicate.version !== stage.version ||
    predicate.expires !== policy.content.expires
  )
    return { ok: false, reason: 'mismatch' };
  return { ok: true, policy };
}

/** As above, for what was accepted earlier: any set that was pinned then, and was not withdrawn since, may vouch for it. */
export function checkStored(
  stored: Parameters<typeof checkPolicy>[0],
  sets: readonly HubKeys[],
): ReturnType<typeof checkPolicy> {
  let last: ReturnType<typeof checkPolicy> = { ok: false, reason: 'unsigned' };
  for (const keys of sets) {
    const checked = checkPolicy(stored, keys);
    if (checked.ok) return checked;
    last = checked;
  }
  return last;
}

/** Of which kind a policy was, by its statement alone: for one whose own bytes do not hold any more. */
export function kindStated(statement: WireEnvelope, sets: readonly HubKeys[]): PolicyKind | null {
  for (const keys of sets) {
    const signed = verifyBoth(statement, statementType, keys);
    const parsed = signed.ok ? policyStatement.safeParse(parse(signed.value)) : null;
    const kind = parsed?.success ? parsed.data.predicate.kind : null;
    const known = policyKinds.find(k => k === kind);
    if (known) return known;
  }
  return null;
}

export function checkEntry(entry: LogEntry, keys: HubKeys): Checked<CheckedEntry> {
  const signed = verifyBoth(entry.header, entryType, keys);
  if (!signed.ok) return signed;
  const header = logHeader.safeParse(parse(signed.value));
  if (!header.success) return refused('malformed');
  const hash = sha256Hex(signed.value);
  if (entry.body === null) return ok({ header: header.data, hash, body: null });
  const bytes = decodeBase64(entry.body);
  if (!bytes || sha256Hex(bytes) !== header.data.bodyHash) return refused('tampered');
  const body = logBody.safeParse(parse(bytes));
  if (!body.success) return refused('malformed');
  const checked: CheckedBody =
    body.data.type === 'stage' ? { ...body.data, checked: checkPolicy(body.data, keys) } : body.data;
  return ok({ header: header.data, hash, body: checked });
}

export function checkBeat(envelope: WireEnvelope, keys: HubKeys, hub: string): Checked<HubBeat> {
  const signed = verifyBoth(envelope, beatType, keys);
  if (!signed.ok) return signed;
  const beat = hubBeat.safeParse(parse(signed.value));
  if (!beat.success) return refused('malformed');
  return beat.data.hub === hub ? ok(beat.data) : refused('other_hub');
}

/** `answers` ties it to the one hello: an old welcome, said again, carries an old time. */
export function checkWelcome(
  envelope: WireEnvelope,
  keys: HubKeys,
  expected: { hub: string; relay: string; answers: number },
): Checked<HubWelcome> {
  const signed = verifyBoth(envelope, welcomeType, keys);
  if (!signed.ok) return signed;
  const welcome = hubWelcome.safeParse(parse(signed.value));
  if (!welcome.success) return refused('malformed');
  const { hub, relay, answers } = welcome.data;
  if (hub !== expected.hub) return refused('other_hub');
  return relay === expected.relay && answers === expected.answers ? ok(welcome.data) : refused('replayed');
}
