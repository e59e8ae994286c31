import { extendsTree, fromBase64 } from './merkle.ts';
import { readNote, readNoteKey, readTreeHead, signedBy } from './note.ts';

export interface HeadChecked {
  state: 'ok' | 'bad' | 'unchecked';
  text: string;
  head: { size: number; root: string } | null;
}

/** Whether a checkpoint is signed, and begins with the tree that this reader saw before. */
export async function checkHead(
  checkpoint: string,
  keys: readonly string[],
  pinned: readonly string[],
  before: { size: number; root: string } | null,
  consistency: (from: number, to: number) => Promise<string[]>,
): Promise<HeadChecked> {
  const say = (state: HeadChecked['state'], text: string, head: HeadChecked['head'] = null): HeadChecked => ({
    state,
    text,
    head,
  });
  if (globalThis.crypto?.subtle === undefined)
    return say('unchecked', 'This browser computes no hashes over plain HTTP to another machine.');
  const note = readNote(checkpoint);
  const tree = note && readTreeHead(note.text);
  if (!note || !tree) return say('bad', 'The checkpoint is not a signed note.');
  if (keys.some(key => !pinned.includes(key)))
    return say(
      'bad',
      'A key of the ledger is not one that this browser knew before. Open an entry’s proof to accept it.',
    );
  const read = (await Promise.all(keys.map(readNoteKey))).flatMap(key =>
    key?.name === tree.origin ? [key] : [],
  );
  const signed = await Promise.all(read.map(key => signedBy(note, key)));
  const wrong = read.find((_, i) => signed[i] === 'bad');
  if (wrong) return say('bad', `The signature of key ${wrong.id} does not fit the checkpoint.`);
  for (const postQuantum of [false, true]) {
    const own = read.flatMap((key, i) =>
      (key.algorithm === 'ml-dsa-65') === postQuantum ? [{ key, signed: signed[i] }] : [],
    );
    if (own.some(o => o.signed === 'unable'))
      return say('unchecked', 'This browser cannot compute this kind of signature.');
    if ((own.length > 0 || !postQuantum) && !own.some(o => o.signed === 'good'))
      return say(
        'bad',
        `No ${postQuantum ? 'ML-DSA' : 'classical'} key of the ledger signed the checkpoint.`,
      );
  }
  const head = { size: tree.size, root: checkpoint.split('\n')[2] ?? '' };
  const by = read.filter((_, i) => signed[i] === 'good').map(key => key.algorithm);
  const signatures = `Signed by ${by.join(' and ')}`;
  if (!before)
    return say(
      'ok',
      `${signatures}. This browser sees the ledger for the first time and will hold it to this.`,
      head,
    );
  const root = fromBase64(before.root);
  if (before.size > tree.size)
    return say(
      'bad',
      `This browser has seen ${before.size} entries, and the checkpoint has ${tree.size}: entries are gone.`,
    );
  const path = before.size === tree.size ? [] : (await consistency(before.size, tree.size)).map(fromBase64);
  const whole = path.flatMap(step => (step ? [step] : []));
  const extended =
    root !== null &&
    whole.length === path.length &&
    (await extendsTree({ size: before.size, root }, tree, whole));
  return extended
    ? say(
        'ok',
        `${signatures}. It begins with exactly the ${before.size.toLocaleString('en')} entries that this browser saw before.`,
        head,
      )
    : say(
        'bad',
        `It does not begin with the ${before.size.toLocaleString('en')} entries that this browser saw before: the past was rewritten, or somebody shows you another ledger.`,
      );
}
