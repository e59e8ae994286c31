import { createHash, type Hash } from 'node:crypto';
import { Zip, ZipPassThrough } from 'fflate';
import { csvHeader, csvRow } from '#kernel/http/csv.ts';
import { redactText } from '#kernel/redact/redact.ts';
import { publicPem } from '#kernel/signing/algorithm.ts';
import { activeSigners, type Signer, signHybrid } from '#kernel/signing/signer.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { nothingSealed, tooMany } from '../errors.ts';
import { disclosed } from '../rules.ts';
import {
  type EvidenceKeys,
  type EvidenceManifest,
  type EvidenceProof,
  evidenceFiles,
  evidenceType,
} from '../schema/evidence.ts';
import { type EntryFilter, type ExportFormat, exportLimits } from '../schema.ts';
import { bodyOf, entryOf, publicKeys, typedFilter } from '../service.ts';
import { checkpointToKeep, inclusionPaths } from '../store/tree.ts';
import { countUpTo, type EntryRow, searchedTo, selectEntries } from '../store.ts';
import { evidenceReadme } from './readme.ts';

const pageSize = 500;
const encoder = new TextEncoder();

/** Refused before the first byte when more fits than an export may hold. */
export async function exportEntries(
  ctx: ReadContext,
  filter: EntryFilter,
  format: ExportFormat,
): Promise<AsyncIterable<Uint8Array>> {
  const most = exportLimits[format];
  const found = await countUpTo(ctx.db, typedFilter(filter), most);
  if (found > most) throw tooMany(`More than ${most.toLocaleString('en')}`, most, format);
  // The first page is read now: what is written from here on, this export's own entry too, is not part of it.
  const wanted = typedFilter(filter);
  const first = await selectEntries(ctx.db, { ...wanted, limit: Math.min(pageSize, most) });
  const source: Source = { filters: [filter], first, most };
  if (format === 'jsonl') return jsonLines(ctx, source);
  if (format === 'csv') return csvLines(ctx, source);
  const head = await checkpointToKeep(ctx.database);
  if (!head) throw nothingSealed();
  const signers = await activeSigners(ctx.database, ctx.clock);
  return evidence(ctx, source, head, { words: filterWords(filter), signers, keys: [], extras: [] });
}

/** An archive about something else than one filter: entries of several, and files that say more about them. */
export interface EvidenceRequest {
  filters: EntryFilter[];
  words: string;
  signers: readonly Signer[];
  /** Further public keys, by which what the extra files hold is signed. */
  keys: EvidenceKeys['signing'];
  extras: readonly { name: string; text: string }[];
}

export async function exportEvidence(
  ctx: ReadContext,
  request: EvidenceRequest,
): Promise<AsyncIterable<Uint8Array>> {
  const most = exportLimits.zip;
  for (const filter of request.filters) {
    const found = await countUpTo(ctx.db, typedFilter(filter), most);
    if (found > most) throw tooMany(`More than ${most.toLocaleString('en')}`, most, 'zip');
  }
  const head = await checkpointToKeep(ctx.database);
  if (!head) throw nothingSealed();
  const [filter] = request.filters;
  const first = filter ? await selectEntries(ctx.db, { ...typedFilter(filter), limit: pageSize }) : [];
  return evidence(ctx, { filters: request.filters, first, most }, head, request);
}

/** What was asked for, in words without secrets: for the record of the export. */
export const filterWords = (filter: EntryFilter): string =>
  redactText(
    Object.entries(filter)
      .filter(([, value]) => value !== undefined && value !== false && String(value) !== '')
      .map(([key, value]) => `${key}=${Array.isArray(value) ? value.join('|') : String(value)}`)
      .join(' '),
  ).slice(0, 200);

interface Source {
  filters: EntryFilter[];
  /** Of the first filter. */
  first: EntryRow[];
  most: number;
}

/** Page after page, as the reader takes them: the whole is never held. */
async function* pages(ctx: ReadContext, { filters, first, most }: Source): AsyncGenerator<EntryRow[]> {
  for (const [i, filter] of filters.entries()) {
    const begin =
      i === 0
        ? first
        : await selectEntries(ctx.db, { ...typedFilter(filter), limit: Math.min(pageSize, most) });
    yield* pagesOf(ctx, filter, begin, most);
  }
}

async function* pagesOf(
  ctx: ReadContext,
  filter: EntryFilter,
  first: EntryRow[],
  most: number,
): AsyncGenerator<EntryRow[]> {
  const wanted = typedFilter(filter);
  let before: string | undefined;
  let rows = first;
  for (let left = most; left > 0; ) {
    if (rows.length > 0) yield rows;
    left -= rows.length;
    const full = rows.length === pageSize;
    const stopped = !full && filter.search ? await searchedTo(ctx.db, { ...wanted, before }) : null;
    before = full ? rows.at(-1)?.uid : stopped?.uid;
    if (before === undefined || left <= 0) return;
    rows = await selectEntries(ctx.db, { ...wanted, before, limit: Math.min(pageSize, left) });
  }
}

async function* jsonLines(ctx: ReadContext, source: Source) {
  for await (const rows of pages(ctx, source))
    yield encoder.encode(rows.map(row => `${JSON.stringify(entryOf(row))}\n`).join(''));
}

const csvColumns = [
  'index',
  'uid',
  'at',
  'type',
  'system',
  'outcome',
  'actor',
  'target',
  'tenantId',
  'reference',
  'channel',
  'sentence',
  'detail',
] as const;

async function* csvLines(ctx: ReadContext, source: Source) {
  yield encoder.encode(csvHeader(csvColumns));
  for await (const rows of pages(ctx, source))
    yield encoder.encode(
      rows
        .map(entryOf)
        .map(entry => csvRow(csvColumns.map(c => entry[c])))
        .join(''),
    );
}

interface Pending {
  bytes: number;
  hash: Hash;
  file: ZipPassThrough;
}

/** Stored, not deflated: every byte of the archive is then one that a verifier can account for. */
async function* evidence(
  ctx: ReadContext,
  source: Source,
  head: { size: number; note: string },
  { words, signers, keys: further, extras }: Omit<EvidenceRequest, 'filters'>,
): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    ready.push(chunk);
  });
  const drain = () => ready.splice(0);
  const now = ctx.clock.now();
  const files: EvidenceManifest['files'] = [];
  const open = (name: string): Pending => {
    const file = new ZipPassThrough(name);
    file.mtime = now;
    zip.add(file);
    return { file, bytes: 0, hash: createHash('sha256') };
  };
  const write = (to: Pending, text: string) => {
    const bytes = encoder.encode(text);
    to.bytes += bytes.length;
    to.hash.update(bytes);
    to.file.push(bytes);
  };
  const close = (of: Pending, listed = true) => {
    of.file.push(new Uint8Array(), true);
    if (listed) files.push({ name: of.file.filename, bytes: of.bytes, sha256: of.hash.digest('hex') });
  };
  const whole = (name: string, text: string, listed = true) => {
    const file = open(name);
    write(file, text);
    close(file, listed);
  };

  const { origin, keys: ledger, witnessKeys: witnesses, witnessesRequired } = await publicKeys(ctx);
  whole(evidenceFiles.readme, evidenceReadme(origin));
  const proofs: Omit<EvidenceProof, 'path'>[] = [];
  let promised = 0;
  const entries = open(evidenceFiles.entries);
  for await (const rows of pages(ctx, source)) {
    for (const row of rows) {
      if (row.index === null || row.index >= head.size) {
        promised += 1;
        continue;
      }
      const { text } = disclosed(bodyOf(row), row.body);
      write(entries, `${text ?? '{"withheld":true}'}\n`);
      proofs.push({
        uid: row.uid,
        index: row.index,
        leaf: row.leaf.toString('hex'),
        ...(text === null ? { withheld: true as const } : {}),
      });
    }
    yield* drain();
  }
  close(entries);
  const paths = open(evidenceFiles.proofs);
  const tiles = new Map<string, Buffer>();
  for (let i = 0; i < proofs.length; i += pageSize) {
    const some = proofs.slice(i, i + pageSize);
    const found = await inclusionPaths(
      ctx.database,
      some.map(p => p.index),
      head.size,
      tiles,
    );
    for (const [j, proof] of some.entries())
      write(
        paths,
        `${JSON.stringify({ ...proof, path: (found[j] ?? []).map(step => step.toString('base64')) })}\n`,
      );
    yield* drain();
  }
  close(paths);
  whole(evidenceFiles.checkpoint, head.note);
  const own = signers.map(({ keyid, algorithm, publicKey }) => ({
    id: keyid,
    algorithm,
    publicKey: publicPem(publicKey),
  }));
  const keys: EvidenceKeys = {
    ledger,
    witnesses,
    signing: [...own, ...further.filter(key => !own.some(({ id }) => id === key.id))],
  };
  for (const { name, text } of extras) whole(name, text);
  whole(evidenceFiles.keys, `${JSON.stringify(keys, null, 2)}\n`);
  const manifest: EvidenceManifest = {
    format: 'atom-evidence/1',
    origin,
    madeAt: now.toISOString(),
    madeBy: ctx.principal.name,
    filter: words,
    entries: proofs.length,
    promised,
    withheld: proofs.filter(p => p.withheld).length,
    treeSize: head.size,
    ...(witnessesRequired > 0 ? { witnessesRequired } : {}),
    files: [...files],
  };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  whole(evidenceFiles.manifest, text, false);
  const envelope = await signHybrid(evidenceType, encoder.encode(text), signers);
  whole(evidenceFiles.signature, `${JSON.stringify(envelope)}\n`, false);
  zip.end();
  yield* drain();
}
