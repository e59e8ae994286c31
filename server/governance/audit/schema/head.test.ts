import { describe, expect, it } from 'vitest';
import { checkpointText, signNote } from '#kernel/ledger/note.ts';
import { noteSigner } from '#kernel/ledger/note-keys.ts';
import { appendLeaves, emptyFrontier, leafHash, nodeHash, rootOf } from '#kernel/ledger/tree.ts';
import { checkHead } from './head.ts';

const origin = 'console.example/tlog';
const signer = noteSigner(origin, Buffer.alloc(32, 3));
const leaf = (i: number) => leafHash(Buffer.from([i]));
const root = (...leaves: number[]) => rootOf(appendLeaves(emptyFrontier, leaves.map(leaf)));
const note = (size: number, of: Buffer) => signNote(checkpointText({ origin, size, root: of }), [signer]);
const seen = (size: number, of: Buffer) => ({ size, root: of.toString('base64') });
const none = async () => [];
const three = root(0, 1, 2);
/** From two leaves to three: the third leaf. */
const path = async () => [leaf(2).toString('base64')];

describe('the newest checkpoint, for a reader who was here before', () => {
  it('is remembered the first time', async () => {
    const result = await checkHead(await note(3, three), [signer.vkey], [signer.vkey], null, none);
    expect(result).toMatchObject({ state: 'ok', head: seen(3, three) });
  });
  it('holds when it begins with what was seen', async () => {
    const before = seen(2, nodeHash(leaf(0), leaf(1)));
    expect((await checkHead(await note(3, three), [signer.vkey], [signer.vkey], before, path)).state).toBe(
      'ok',
    );
    expect(
      (await checkHead(await note(3, three), [signer.vkey], [signer.vkey], seen(3, three), none)).state,
    ).toBe('ok');
  });
  it.each([
    ['a rewritten past', seen(2, nodeHash(leaf(9), leaf(1)))],
    ['the same size with another root', seen(3, root(0, 1, 9))],
    ['entries that are gone', seen(4, root(0, 1, 2, 3))],
  ])('shows %s', async (_name, before) => {
    expect((await checkHead(await note(3, three), [signer.vkey], [signer.vkey], before, path)).state).toBe(
      'bad',
    );
  });
  it('is refused with a changed root, a strange key, no signature, or no note', async () => {
    const whole = await note(3, three);
    const other = noteSigner(origin, Buffer.alloc(32, 4));
    const check = (text: string, keys = [signer.vkey], pinned = keys) =>
      checkHead(text, keys, pinned, null, none);
    expect((await check(whole.replace('\n3\n', '\n4\n'))).state).toBe('bad');
    expect((await check(whole, [other.vkey], [signer.vkey])).state).toBe('bad');
    expect((await check(whole, [other.vkey])).state).toBe('bad');
    expect((await check('nothing')).state).toBe('bad');
  });
});
