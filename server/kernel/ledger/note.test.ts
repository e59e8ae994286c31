import { describe, expect, it } from 'vitest';
import {
  checkpointText,
  noteSigner,
  openNote,
  parseCheckpoint,
  parseVerifierKey,
  signNote,
  verifierKey,
} from './note.ts';

describe('signed note', () => {
  it('opens the example that the format’s reference implementation publishes', () => {
    const verifier = parseVerifierKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
    const text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const note = `${text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;
    expect(openNote(note, [verifier])).toBe(text);
    expect(openNote(note.replace('answer', 'Answer'), [verifier])).toBeNull();
  });

  const signer = noteSigner('atom.test/ledger', Buffer.alloc(32, 3));
  const body = checkpointText({ origin: 'atom.test/ledger', size: 7, root: Buffer.alloc(32, 9) });

  it('signs a checkpoint that opens with the published key only', () => {
    const note = signNote(body, [signer]);
    expect(openNote(note, [parseVerifierKey(verifierKey(signer))])).toBe(body);
    const stranger = noteSigner('atom.test/ledger', Buffer.alloc(32, 4));
    expect(openNote(note, [parseVerifierKey(verifierKey(stranger))])).toBeNull();
    expect(parseCheckpoint(body)).toMatchObject({ size: 7, origin: 'atom.test/ledger' });
  });

  it('refuses keys whose id does not fit and checkpoints that are not', () => {
    expect(() => parseVerifierKey(verifierKey(signer).replace(/\+[0-9a-f]{8}\+/, '+00000000+'))).toThrow(
      /does not fit/,
    );
    expect(parseCheckpoint('x\n-1\nAAAA\n')).toBeNull();
    expect(() => signNote('no newline', [signer])).toThrow();
  });
});
