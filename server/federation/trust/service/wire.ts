import type { IncomingHttpHeaders } from 'node:http';
import type { ReadDb } from '#kernel/db/database.ts';
import { type Message, signAnswerBy, signRequestBy, verifyMessage } from '#kernel/http/message-signatures.ts';
import { type SafeResponse, safeFetch } from '#kernel/http/safe-fetch.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { type BundleKey, readBundle } from '../rules/bundle.ts';
import type { TrustBundle } from '../schema.ts';
import { selectMembers } from '../store/members.ts';
import { selectRevokedKeys } from '../store/revocations.ts';
import { messageSigner, ownBundle } from './self.ts';

const timeoutMs = 5_000;
type From = Pick<CommandContext, 'database' | 'clock'>;

const one = (headers: IncomingHttpHeaders) => (name: string) => {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
};

export const keysOf = (bundle: TrustBundle): BundleKey[] => {
  const read = readBundle(bundle);
  return read.ok ? read.bundle.keys : [];
};

/**
 * Keys that belong to somebody already: to us, or to a member that is or was here. Public keys are no secret, so whoever
 * brings another's in a bundle proves nothing by it, and would have that one's words taken for theirs.
 */
export async function takenKeys(from: From, db: ReadDb, except: string): Promise<Set<string>> {
  const others = (await selectMembers(db)).filter(member => member.id !== except);
  const revoked = await selectRevokedKeys(db, except);
  const bundles = [...others.map(member => member.bundle), (await ownBundle(from)).body];
  return new Set([...revoked, ...bundles.flatMap(bundle => keysOf(bundle).map(key => key.kid))]);
}

/** A path below a member's address, whatever the address ends with. */
export const at = (endpoint: string, path: string): string => `${endpoint.replace(/\/+$/, '')}${path}`;

/** An answer that a key of `trusted` signed; anything else is an error with its reason. */
export async function fetchSigned(from: From, url: string, trusted: readonly BundleKey[]): Promise<Buffer> {
  const response = await safeFetch(url, { timeoutMs, maxRedirects: 0, maxBytes: 256 * 1024 });
  if (response.status !== 200) throw new Error(`It answers ${response.status}.`);
  const verified = await verifyMessage(answerOf(response), {
    key: kid => trusted.find(key => key.kid === kid)?.key ?? null,
    now: from.clock.now(),
  });
  if (!verified.ok)
    throw new Error(`Its answer is not signed by a key that is trusted (${verified.reason}).`);
  return response.body;
}

const answerOf = (response: SafeResponse): Message => ({
  status: response.status,
  body: response.body,
  header: one(response.headers),
});

export async function postSigned(from: From, url: string, content: unknown): Promise<SafeResponse> {
  const body = Buffer.from(JSON.stringify(content));
  const headers = await signRequestBy(
    { method: 'POST', url, body },
    await messageSigner(from),
    from.clock.now(),
  );
  return safeFetch(url, { method: 'POST', headers, body, timeoutMs, maxRedirects: 0 });
}

/** Headers that prove an answer of ours to whoever holds these keys of ours. */
export const answerHeaders = async (
  from: From,
  body: Uint8Array,
  contentType: string,
  known: readonly string[] = [],
) => signAnswerBy({ status: 200, body, contentType }, await messageSigner(from, known), from.clock.now());
