import { concat, equal, fromBase64, fromHex, hex, leafOf, rootFromPath, utf8 } from './merkle.ts';
import {
  type Note,
  type NoteKey,
  readNote,
  readNoteKey,
  readTreeHead,
  signedBy,
  type TreeHead,
} from './note.ts';

/** What the server hands over for one entry. All of it is only believed as far as it can be recomputed. */
export interface ProofDocument {
  uid: string;
  /** The canonical bytes that were hashed, as text; null where they are withheld. */
  body: string | null;
  /** Hex. */
  leaf: string;
  index: number | null;
  /** Base64, from the leaf upwards. */
  path: string[];
  /** Signed note; null while the entry is only promised. */
  checkpoint: string | null;
  /** Published verifier keys of the ledger, then of its witnesses. */
  keys: string[];
  witnessKeys?: string[] | undefined;
  /** How many of them have to have cosigned. */
  witnessesRequired?: number | undefined;
}

export interface ShownEntry {
  uid: string;
  type: string;
  at: string;
  target: string | null;
}

export interface Step {
  id: 'entry' | 'leaf' | 'path' | 'classical' | 'ml-dsa-65' | 'pinned' | 'witnesses' | 'quorum';
  title: string;
  state: 'ok' | 'bad' | 'unchecked';
  detail: string;
}

export interface Verification {
  verdict: 'verified' | 'refused' | 'promised' | 'incomplete';
  steps: Step[];
  head: TreeHead | null;
}

/** Every step that could be taken, each with what it found. One that fails turns the whole red. */
export async function verifyProof(
  proof: ProofDocument,
  shown: ShownEntry,
  pinned: readonly string[] = proof.keys,
): Promise<Verification> {
  const steps: Step[] = [];
  const say: Say = (id, title, state, detail) => void steps.push({ id, title, state, detail });
  const end = (verdict: Verification['verdict'], head: TreeHead | null = null) => ({ verdict, steps, head });
  const worst = () =>
    steps.some(s => s.state === 'bad')
      ? ('refused' as const)
      : steps.some(s => s.state === 'unchecked' && s.id !== 'witnesses')
        ? ('incomplete' as const)
        : ('verified' as const);
  if (globalThis.crypto?.subtle === undefined) {
    say(
      'leaf',
      'SHA-256 in this browser',
      'unchecked',
      'This browser computes no hashes over plain HTTP to another machine. Open the console by https or on localhost.',
    );
    return end('incomplete');
  }
  const leaf = fromHex(proof.leaf);
  if (proof.body === null) {
    say(
      'leaf',
      'The entry’s bytes hash to its leaf',
      'unchecked',
      'The bytes are withheld because they contain what looks like a secret. The leaf below is checked all the same.',
    );
  } else {
    const said = entryIn(proof.body);
    const same =
      said !== null &&
      (['uid', 'type', 'at', 'target'] as const).every(name => said[name] === shown[name]) &&
      proof.uid === shown.uid;
    say(
      'entry',
      'What is shown is what was written',
      same ? 'ok' : 'bad',
      same
        ? 'Id, type, time and target on this page are those in the hashed bytes.'
        : 'The hashed bytes describe another entry than this page.',
    );
    const computed = await leafOf(utf8(proof.body));
    const fits = leaf !== null && equal(computed, leaf);
    say(
      'leaf',
      'The entry’s bytes hash to its leaf',
      fits ? 'ok' : 'bad',
      fits
        ? `SHA-256(0x00 ‖ ${proof.body.length.toLocaleString('en')} characters) = ${short(hex(computed))}`
        : `Computed ${short(hex(computed))}, the ledger says ${short(proof.leaf)}: the bytes were changed.`,
    );
  }
  if (proof.checkpoint === null || proof.index === null)
    return end(worst() === 'refused' ? 'refused' : 'promised');
  const note = readNote(proof.checkpoint);
  const head = note && readTreeHead(note.text);
  if (!note || !head) {
    say('path', 'The path leads to the signed root', 'bad', 'The checkpoint is not a signed note.');
    return end('refused');
  }
  const path = proof.path.map(fromBase64);
  const whole = path.filter(step => step !== null);
  const root =
    leaf && whole.length === path.length ? await rootFromPath(proof.index, head.size, leaf, whole) : null;
  const reaches = root !== null && equal(root, head.root);
  say(
    'path',
    'The path leads to the signed root',
    reaches ? 'ok' : 'bad',
    reaches
      ? `${path.length} ${path.length === 1 ? 'hash leads' : 'hashes lead'} from entry ${proof.index} to the root of ${head.size.toLocaleString('en')} entries, ${short(hex(root))}`
      : `The path of entry ${proof.index} does not lead to the root of the checkpoint.`,
  );
  const keys = (await Promise.all(proof.keys.map(readNoteKey))).map((key, i) => ({
    key,
    text: proof.keys[i],
  }));
  const strange = keys.filter(({ text }) => text === undefined || !pinned.includes(text));
  say(
    'pinned',
    'The keys are the ones known before',
    strange.length === 0 && keys.length > 0 ? 'ok' : 'bad',
    strange.length === 0 && keys.length > 0
      ? 'The verifier keys are the ones this reader was given or saw at its first visit.'
      : 'A key is not one that was known before. Ask whoever runs the console whether it was replaced.',
  );
  const readable = keys.flatMap(({ key }) => (key ? [key] : []));
  await signatures('classical', readable, note, head, say);
  await signatures('ml-dsa-65', readable, note, head, say);
  if (keys.some(k => k.key === null))
    say('pinned', 'The keys can be read', 'bad', 'A published key does not fit its own id.');
  await witnesses(proof, note, say);
  return end(worst(), head);
}

type Say = (id: Step['id'], title: string, state: Step['state'], detail: string) => void;

/** One key of each kind must have signed; keys that were rotated away need not, and none may be wrong. */
async function signatures(
  family: 'classical' | 'ml-dsa-65',
  all: readonly NoteKey[],
  note: Note,
  head: TreeHead,
  say: Say,
) {
  const keys = all.filter(({ algorithm }) =>
    family === 'classical' ? algorithm === 'ed25519' || algorithm === 'ecdsa-p256' : algorithm === family,
  );
  const title =
    family === 'classical'
      ? `${keys[0]?.algorithm === 'ecdsa-p256' ? 'ECDSA P-256' : 'Ed25519'} signature`
      : 'ML-DSA-65 signature (post-quantum)';
  if (keys.length === 0) {
    if (family === 'classical') say(family, title, 'bad', 'The ledger published no classical key.');
    return;
  }
  const results = await Promise.all(
    keys.map(async key => ({ key, signed: key.name === head.origin ? await signedBy(note, key) : 'absent' })),
  );
  const of = (wanted: string) => results.find(({ signed }) => signed === wanted)?.key;
  const [good, bad, unable] = [of('good'), of('bad'), of('unable')];
  if (bad) say(family, title, 'bad', `The signature of key ${bad.id} does not fit this checkpoint.`);
  else if (good) say(family, title, 'ok', `Key ${good.id} of ${good.name} signed this checkpoint.`);
  else if (unable) say(family, title, 'unchecked', 'This browser cannot compute this kind of signature.');
  else
    say(family, title, 'bad', `None of the keys ${keys.map(k => k.id).join(', ')} signed this checkpoint.`);
}

async function witnesses(proof: ProofDocument, note: Note, say: Say) {
  const known = (await Promise.all((proof.witnessKeys ?? []).map(readNoteKey))).filter(
    (key): key is NoteKey => key !== null,
  );
  const required = proof.witnessesRequired ?? 0;
  if (known.length === 0 && required === 0) return;
  const signed = await Promise.all(known.map(key => signedBy(note, key)));
  const good = known.filter((_, i) => signed[i] === 'good');
  const bad = known.filter((_, i) => signed[i] === 'bad');
  const names = new Set(good.map(k => k.name)).size;
  if (required > 0)
    say(
      'quorum',
      'As many witnesses as are required',
      names >= required ? 'ok' : 'unchecked',
      `${names} of ${required} required ${required === 1 ? 'witness' : 'witnesses'} signed this checkpoint${names < required ? '; others may follow within a minute' : ''}.`,
    );
  say(
    'witnesses',
    'Witnesses saw the same tree',
    bad.length > 0 ? 'bad' : good.length > 0 ? 'ok' : 'unchecked',
    bad.length > 0
      ? `The signature of ${bad.map(k => k.name).join(', ')} does not fit this checkpoint.`
      : good.length > 0
        ? `${good.map(k => k.name).join(', ')} signed this checkpoint too.`
        : 'No witness has signed this checkpoint yet.',
  );
}

function entryIn(body: string): ShownEntry | null {
  try {
    const said = JSON.parse(body) as {
      uid: string;
      type: string;
      at: string;
      target?: { kind: string; id: string };
    };
    return {
      uid: said.uid,
      type: said.type,
      at: said.at,
      target: said.target ? `${said.target.kind}:${said.target.id}` : null,
    };
  } catch {
    return null;
  }
}

const short = (text: string) => (text.length > 16 ? `${text.slice(0, 8)}…${text.slice(-4)}` : text);

/** One byte changed, to see that the check notices: for the "try it" of the proof panel. */
export function withOneByteChanged(proof: ProofDocument): ProofDocument {
  if (proof.body !== null) {
    const bytes = utf8(proof.body);
    const at = Math.max(0, bytes.length - 2);
    bytes[at] = bytes[at] === 0x30 ? 0x31 : 0x30;
    return { ...proof, body: new TextDecoder().decode(concat(bytes)) };
  }
  return { ...proof, leaf: `${proof.leaf.startsWith('0') ? '1' : '0'}${proof.leaf.slice(1)}` };
}
