import { gzipSync } from 'node:zlib';
import type { Principal } from '../auth/principal.ts';
import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import { DomainError } from '../errors/domain-error.ts';
import type { RestRequest } from '../http/rest/handle.ts';
import { refusal } from '../http/rest/response.ts';
import { requirePermission } from '../trpc/builders.ts';
import { hashesOf, type Queryable, tileWidth } from './nodes.ts';
import { ledgerKeys } from './origin.ts';
import { type SignedHead, signedHead } from './proofs.ts';
import { type TlogAnswer, text } from './tlog-answer.ts';
import { addCheckpoint, ownCosigner, witnessedCheckpoint } from './witness-serve.ts';

export interface TlogDeps {
  database: Database;
  clock: Clock;
  principal(request: RestRequest): Promise<Principal>;
}

/** Where the log's static face lies, on its port and on the console. */
export const tlogPrefix = '/tlog';
const forever = 'public, max-age=31536000, immutable';
const seconds = 'public, max-age=1, must-revalidate';
const maxMessage = 256 * 1024;

/**
 * c2sp.org/tlog-tiles and c2sp.org/tlog-witness. Checkpoints and hashes are for everybody; the entries themselves name
 * tenants and what was done to them, so they are for whoever may read the whole ledger.
 */
export async function answerTlog(request: RestRequest, deps: TlogDeps): Promise<TlogAnswer> {
  try {
    const who = await deps.principal(request);
    const answer = await route(request, deps, who);
    if (
      answer.status === 200 &&
      answer.headers.etag &&
      request.header('if-none-match') === answer.headers.etag
    )
      return { ...answer, status: 304, body: '' };
    return answer;
  } catch (error) {
    return refusal(error);
  }
}

const notThere = () => text(404, 'Nothing of that name is here.\n');

async function route(request: RestRequest, deps: TlogDeps, who: Principal): Promise<TlogAnswer> {
  const [, generation, path = ''] =
    new RegExp(`^${tlogPrefix}(?:/(\\d{1,6}))?(/.+)$`).exec(request.path) ?? [];
  const db = deps.database.pool('atom_owner');
  if (path === '/witness/add-checkpoint') {
    if (request.method !== 'POST')
      return { ...text(405, 'POST it.\n'), headers: { allow: 'POST', 'cache-control': 'no-store' } };
    if (!request.body || request.body.length > maxMessage)
      return text(request.body ? 413 : 400, 'Send an add-checkpoint message.\n');
    return addCheckpoint(deps, request.body.toString('utf8'));
  }
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return {
      ...text(405, 'This is read-only.\n'),
      headers: { allow: 'GET, HEAD', 'cache-control': 'no-store' },
    };
  if (path === '/witness/key') return text(200, `${ownCosigner(deps.clock).vkey}\n`, seconds);
  const witnessed = /^\/witness\/([0-9a-f]{64})\/checkpoint$/.exec(path);
  if (witnessed?.[1]) return witnessedCheckpoint(deps, witnessed[1]);
  const head = await signedHead(db);
  if (!head || (generation !== undefined && Number(generation) !== head.generation)) return notThere();
  if (path === '/checkpoint') return checkpoint(head);
  if (path === '/keys') {
    const origin = head.note.slice(0, head.note.indexOf('\n'));
    const keys = (await ledgerKeys(db)).filter(key => key.origin === origin);
    return text(200, keys.map(key => `${key.vkey}\n`).join(''), seconds);
  }
  const tile = parseTile(path);
  if (!tile || !exists(tile, head.size)) return notThere();
  if (tile.level !== 'entries') return tileOf(db, tile.level, tile);
  requirePermission(who, 'audit:read');
  if (who.tenantId !== undefined || who.kind === 'simulation')
    throw new DomainError(
      'denied',
      'auth.denied',
      'The whole ledger is for those who may read every tenant’s entries.',
    );
  return entriesOf(db, tile, request);
}

const checkpoint = (head: SignedHead): TlogAnswer => {
  const answer = text(200, head.note, seconds);
  answer.headers.etag = `"${head.generation}-${head.size}-${head.note.length}"`;
  return answer;
};

export interface Tile {
  level: number | 'entries';
  index: number;
  width: number;
}

/** `tile/<L>/<N>[.p/<W>]`, N in groups of three digits with an x before all but the last. */
export function parseTile(path: string): Tile | null {
  const match = /^\/tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  if (!match) return null;
  const [, level = '', groups = '', partial] = match;
  const digits = groups.replaceAll(/[x/]/g, '');
  const index = Number(digits);
  const width = partial === undefined ? tileWidth : Number(partial);
  const canonical = groups === tileName(index);
  if (!canonical || !Number.isSafeInteger(index) || (partial !== undefined && width >= tileWidth))
    return null;
  if (level === 'entries') return { level, index, width };
  return Number(level) <= 63 ? { level: Number(level), index, width } : null;
}

/** 1234067 is `x001/x234/067`. */
export function tileName(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/\d{3}/g) ?? [];
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
}

/** Only what the signed tree is made of. */
function exists({ level, index, width }: Tile, size: number): boolean {
  const rows = Math.floor(size / tileWidth ** (level === 'entries' ? 0 : level));
  return index * tileWidth + width <= rows;
}

async function tileOf(db: Queryable, level: number, { index, width }: Tile): Promise<TlogAnswer> {
  const hashes = await hashesOf(db, level, index * tileWidth, width);
  if (hashes.length !== width * 32) return text(503, 'Stored hashes are missing.\n');
  return bytes(hashes, forever);
}

const bytes = (body: Buffer, cache: string): TlogAnswer => ({
  status: 200,
  headers: {
    'content-type': 'application/octet-stream',
    'cache-control': cache,
    'x-content-type-options': 'nosniff',
  },
  body,
});

async function entriesOf(db: Queryable, { index, width }: Tile, request: RestRequest): Promise<TlogAnswer> {
  const { rows } = await db.query({
    name: 'ledger-bundle',
    text: `select e.body from ledger_leaf l join ledger_entry e on e.id = l.entry_id
      where l.idx >= $1 and l.idx < $2 order by l.idx`,
    values: [index * tileWidth, index * tileWidth + width],
  });
  if (rows.length !== width) return text(503, 'Stored entries are missing.\n');
  const bundle = Buffer.concat(
    rows.flatMap(({ body }) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(body.length);
      return [length, body as Buffer];
    }),
  );
  // Not for shared caches: they do not know who may read it.
  const answer = bytes(bundle, forever.replace('public', 'private'));
  answer.headers.vary = 'authorization, accept-encoding';
  if (!/\bgzip\b/.test(request.header('accept-encoding') ?? '')) return answer;
  return { ...answer, headers: { ...answer.headers, 'content-encoding': 'gzip' }, body: gzipSync(bundle) };
}
