import { createHash } from 'node:crypto';
import { readPublicKey } from '#kernel/signing/algorithm.ts';
import { dsseEnvelope } from '#kernel/signing/dsse.ts';
import { type TrustedKey, verifyHybrid } from '#kernel/signing/signer.ts';
import {
  type EvidenceKeys,
  type EvidenceManifest,
  evidenceFiles,
  evidenceKeys,
  evidenceManifest,
  evidenceProof,
  evidenceType,
} from '#server/governance/audit/schema/evidence.ts';
import { equal, fromBase64, fromHex, leafOf, rootFromPath } from '#server/governance/audit/schema/merkle.ts';
import {
  readNote,
  readNoteKey,
  readTreeHead,
  signedBy,
  type TreeHead,
} from '#server/governance/audit/schema/note.ts';
import { type ArchiveFile, ArchiveRefused, readArchive } from './archive.ts';
import { checkExtras } from './policies.ts';

export interface Finding {
  ok: boolean;
  text: string;
}

const good = (text: string): Finding => ({ ok: true, text });
const bad = (text: string): Finding => ({ ok: false, text });
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Everything that can be checked without a network or a database; each finding says what it is about. */
export async function checkEvidence(
  zip: Buffer,
  pinned: readonly string[],
  at: Date,
  witnesses = 0,
): Promise<Finding[]> {
  try {
    const files = readArchive(zip);
    return await checkFiles(files, pinned, at, witnesses);
  } catch (error) {
    if (error instanceof ArchiveRefused) return [bad(error.message)];
    throw error;
  }
}

async function checkFiles(
  files: readonly ArchiveFile[],
  pinned: readonly string[],
  at: Date,
  witnesses: number,
): Promise<Finding[]> {
  const missing = Object.values(evidenceFiles).filter(name => !files.some(f => f.name === name));
  if (missing.length > 0) return missing.map(name => bad(`${name} is missing.`));
  const data = (name: string) => files.find(f => f.name === name)?.data ?? Buffer.alloc(0);
  const keys = parsed(evidenceKeys, data(evidenceFiles.keys));
  if (!keys) return [bad(`${evidenceFiles.keys} cannot be read.`)];
  const manifest = parsed(evidenceManifest, data(evidenceFiles.manifest));
  if (!manifest) return [bad(`${evidenceFiles.manifest} cannot be read.`)];
  const findings = [
    ...checkSums(files, manifest),
    ...checkSignature(data(evidenceFiles.manifest), data(evidenceFiles.signature), keys, at),
    ...(await checkPins(keys, pinned)),
  ];
  const { head, findings: signed } = await checkCheckpoint(data(evidenceFiles.checkpoint), keys, manifest);
  findings.push(
    ...signed,
    ...(await checkWitnesses(data(evidenceFiles.checkpoint), keys, manifest, witnesses)),
  );
  if (!head) return findings;
  return [
    ...findings,
    ...(await checkEntries(data(evidenceFiles.entries), data(evidenceFiles.proofs), head, manifest)),
    ...checkExtras(files, keys, manifest, lines(data(evidenceFiles.entries))),
  ];
}

function parsed<T>(schema: { safeParse(value: unknown): { data?: T } }, bytes: Buffer): T | null {
  try {
    return schema.safeParse(JSON.parse(bytes.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}

function checkSums(files: readonly ArchiveFile[], manifest: EvidenceManifest): Finding[] {
  const unlisted = [evidenceFiles.manifest, evidenceFiles.signature] as string[];
  const wrong = files.flatMap(({ name, data }) => {
    if (unlisted.includes(name)) return [];
    const line = manifest.files.find(f => f.name === name);
    if (!line) return [bad(`${name} is not in the manifest: it was added.`)];
    return line.bytes === data.length && line.sha256 === sha256(data)
      ? []
      : [bad(`${name} was changed: its SHA-256 is not the one in the manifest.`)];
  });
  const gone = manifest.files.filter(f => !files.some(({ name }) => name === f.name));
  const all = [...wrong, ...gone.map(f => bad(`${f.name} is in the manifest and missing from the archive.`))];
  return all.length > 0 ? all : [good(`${manifest.files.length} files are as the manifest says (SHA-256).`)];
}

function checkSignature(manifest: Buffer, signature: Buffer, keys: EvidenceKeys, at: Date): Finding[] {
  const envelope = parsed(dsseEnvelope, signature);
  if (!envelope) return [bad(`${evidenceFiles.signature} cannot be read.`)];
  const trusted = keys.signing.flatMap((given): TrustedKey[] => {
    const read = readPublicKey(given.publicKey);
    return read && read.id === given.id && read.algorithm === given.algorithm
      ? [{ id: read.id, algorithm: read.algorithm, key: read.key }]
      : [];
  });
  if (trusted.length !== keys.signing.length)
    return [bad(`A signing key in ${evidenceFiles.keys} is not what its id says.`)];
  if (envelope.signatures.length !== 2)
    return [
      bad(`${evidenceFiles.signature} carries ${envelope.signatures.length} signatures instead of two.`),
    ];
  const strange = envelope.signatures.find(({ keyid }) => !trusted.some(({ id }) => id === keyid));
  if (strange)
    return [bad(`${evidenceFiles.signature} names a signing key that ${evidenceFiles.keys} does not hold.`)];
  const result = verifyHybrid(envelope, evidenceType, trusted, at);
  if (!result.ok)
    return [bad(`The signature of the manifest does not hold: ${result.reason.replace('_', ' ')}.`)];
  if (!result.payload.equals(manifest))
    return [bad(`${evidenceFiles.manifest} was changed: it is not the manifest that was signed.`)];
  return [
    good(
      `The manifest is signed by ${keys.signing.map(k => `${k.algorithm} ${k.id.slice(0, 16)}…`).join(' and ')}.`,
    ),
  ];
}

/** Keys in the archive prove nothing about themselves; those given on the command line do. */
async function checkPins(keys: EvidenceKeys, pinned: readonly string[]): Promise<Finding[]> {
  const known = [...keys.ledger, ...keys.signing.map(k => k.id)];
  return pinned.map(pin =>
    known.some(key => key === pin || (pin.length >= 16 && /^[0-9a-f]+$/.test(pin) && key.startsWith(pin)))
      ? good(`The key ${pin.slice(0, 24)}… is the one you gave.`)
      : bad(`The key ${pin.slice(0, 24)}… that you gave is not among the archive's keys.`),
  );
}

async function checkCheckpoint(
  bytes: Buffer,
  keys: EvidenceKeys,
  manifest: EvidenceManifest,
): Promise<{ head: TreeHead | null; findings: Finding[] }> {
  const note = readNote(bytes.toString('utf8'));
  const head = note && readTreeHead(note.text);
  if (!note || !head)
    return { head: null, findings: [bad(`${evidenceFiles.checkpoint} is not a signed note.`)] };
  const findings: Finding[] = [];
  if (head.origin !== manifest.origin || head.size !== manifest.treeSize)
    findings.push(bad(`${evidenceFiles.checkpoint} is of another tree than the manifest says.`));
  const read = await Promise.all(keys.ledger.map(readNoteKey));
  if (read.some(key => key === null))
    findings.push(bad(`A ledger key in ${evidenceFiles.keys} is not what its id says.`));
  const results = await Promise.all(
    read.flatMap(key =>
      key && key.name === head.origin ? [signedBy(note, key).then(signed => ({ key, signed }))] : [],
    ),
  );
  for (const family of ['classical', 'ml-dsa-65'] as const) {
    const own = results.filter(({ key }) => (key.algorithm === 'ml-dsa-65') === (family === 'ml-dsa-65'));
    if (own.length === 0 && family === 'ml-dsa-65') continue;
    const wrong = own.find(({ signed }) => signed === 'bad');
    const held = own.find(({ signed }) => signed === 'good');
    if (wrong)
      findings.push(
        bad(`The checkpoint's signature by ${wrong.key.algorithm} key ${wrong.key.id} is wrong.`),
      );
    else if (!held) findings.push(bad(`No ${family} key of the ledger signed the checkpoint.`));
    else
      findings.push(
        good(`The checkpoint of ${head.size} entries is signed by ${held.key.algorithm} key ${held.key.id}.`),
      );
  }
  return { head, findings };
}

/** As many as the maker's rules asked for, or the reader does: a signature that does not fit is worse than none. */
async function checkWitnesses(
  bytes: Buffer,
  keys: EvidenceKeys,
  manifest: EvidenceManifest,
  wanted: number,
): Promise<Finding[]> {
  const required = Math.max(wanted, manifest.witnessesRequired ?? 0);
  const note = readNote(bytes.toString('utf8'));
  if (!note || (required === 0 && keys.witnesses.length === 0)) return [];
  const read = (await Promise.all(keys.witnesses.map(readNoteKey))).flatMap(key => (key ? [key] : []));
  const signed = await Promise.all(read.map(key => signedBy(note, key)));
  const wrong = read.find((_, i) => signed[i] === 'bad');
  if (wrong) return [bad(`The checkpoint's signature by the witness ${wrong.name} is wrong.`)];
  const names = [...new Set(read.filter((_, i) => signed[i] === 'good').map(key => key.name))];
  if (names.length < required)
    return [bad(`${names.length} of ${required} required witnesses cosigned the checkpoint.`)];
  if (names.length === 0) return [];
  return [
    good(
      `The checkpoint is cosigned by ${names.join(', ')}${required > 0 ? `; ${required} ${required === 1 ? 'is' : 'are'} required` : ''}.`,
    ),
  ];
}

async function checkEntries(
  entries: Buffer,
  proofs: Buffer,
  head: TreeHead,
  manifest: EvidenceManifest,
): Promise<Finding[]> {
  const bodies = lines(entries);
  const paths = lines(proofs);
  if (bodies.length !== manifest.entries || paths.length !== manifest.entries)
    return [
      bad(
        `The manifest says ${manifest.entries} entries; there are ${bodies.length} entries and ${paths.length} proofs.`,
      ),
    ];
  const findings: Finding[] = [];
  let withheld = 0;
  for (const [i, body] of bodies.entries()) {
    const proof = parsed(evidenceProof, paths[i] ?? Buffer.alloc(0));
    const wrong = proof ? await wrongWith(body, proof, head) : 'its proof cannot be read';
    if (wrong)
      findings.push(
        bad(`Entry ${proof?.index ?? `on line ${i + 1}`} (${proof?.uid ?? 'unknown'}): ${wrong}.`),
      );
    if (proof?.withheld) withheld += 1;
    if (findings.length >= 20) return [...findings, bad('More entries are wrong; the first 20 are named.')];
  }
  if (findings.length > 0) return findings;
  return [
    good(
      `${bodies.length} entries hash to their leaves and lead to the signed root${withheld > 0 ? `; of ${withheld} the bytes are withheld and only the leaf was checked` : ''}.`,
    ),
  ];
}

async function wrongWith(
  body: Buffer,
  proof: { uid: string; index: number; leaf: string; path: string[]; withheld?: true | undefined },
  head: TreeHead,
): Promise<string | null> {
  const leaf = fromHex(proof.leaf);
  if (!leaf) return 'its leaf cannot be read';
  if (proof.withheld) {
    if (body.toString() !== '{"withheld":true}') return 'it is said to be withheld, and is not';
  } else {
    if (!equal(await leafOf(body), leaf)) return 'its bytes were changed: they do not hash to its leaf';
    const said = parsed({ safeParse: (value: unknown) => ({ data: value as { uid?: string } }) }, body);
    if (said?.uid !== proof.uid) return 'its proof is of another entry';
  }
  const path = proof.path.map(fromBase64);
  if (path.some(step => step === null)) return 'its path cannot be read';
  const root = await rootFromPath(
    proof.index,
    head.size,
    leaf,
    path.flatMap(step => (step ? [step] : [])),
  );
  return root && equal(root, head.root) ? null : 'its path does not lead to the signed root';
}

function lines(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start);
    const stop = end < 0 ? bytes.length : end;
    found.push(bytes.subarray(start, stop));
    start = stop + 1;
  }
  return found;
}
