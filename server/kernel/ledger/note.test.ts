import { createHash, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fingerprintOf, generatePrivateKey, type KeyAlgorithm, signAside } from '../signing/algorithm.ts';
import { checkpointText, isHybrid, openNote, parseCheckpoint, parseNote, signNote } from './note.ts';
import { cosigner, noteSigner, noteSignerOf, parseVerifierKey } from './note-keys.ts';

describe('signed note', () => {
  it('opens the example that the format’s reference implementation publishes', () => {
    const verifier = parseVerifierKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
    const text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const note = `${text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;
    expect(openNote(note, [verifier])).toMatchObject({ ok: true, note: { text } });
    expect(openNote(note.replace('answer', 'Answer'), [verifier])).toEqual({ ok: false, reason: 'bad' });
  });

  it('opens the example of the specification', () => {
    const note =
      'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
    const key = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
    expect(openNote(note, [parseVerifierKey(key)]).ok).toBe(true);
  });

  const text = checkpointText({ origin: 'atom.test/ledger', size: 7, root: Buffer.alloc(32, 9) });
  const ed25519 = noteSigner('atom.test/ledger', Buffer.alloc(32, 3));
  const made = (algorithm: KeyAlgorithm) => {
    const key = generatePrivateKey(algorithm);
    return noteSignerOf('atom.test/ledger', {
      algorithm,
      keyid: fingerprintOf(key),
      publicKey: createPublicKey(key),
      sign: bytes => signAside(key, bytes),
    });
  };
  const all = [ed25519, made('ecdsa-p256'), made('ml-dsa-65')];

  it.each(all.map(signer => [signer.kind, signer] as const))(
    'signs with %s so that its published key opens it and no other does',
    async (kind, signer) => {
      const note = await signNote(text, [signer]);
      const opened = openNote(note, [parseVerifierKey(signer.vkey)]);
      expect(opened).toMatchObject({ ok: true, note: { text, by: [{ kind }] } });
      const others = all.filter(s => s !== signer).map(s => parseVerifierKey(s.vkey));
      expect(openNote(note, others)).toEqual({ ok: false, reason: 'unknown' });
      const changed = note.replace('\n7\n', '\n8\n');
      expect(openNote(changed, [parseVerifierKey(signer.vkey)])).toEqual({ ok: false, reason: 'bad' });
    },
  );

  it('names keys as the format says: by name, type and key; P-256 by the key alone', () => {
    const typed = (vkey: string) => Buffer.from(vkey.split('+').slice(2).join('+'), 'base64');
    const sha = (...parts: (string | Buffer)[]) => {
      const hash = createHash('sha256');
      for (const part of parts) hash.update(part);
      return hash.digest('hex').slice(0, 8);
    };
    const [ed, p256, mlDsa] = all;
    expect(ed?.vkey.split('+')[1]).toBe(sha('atom.test/ledger\n', typed(ed?.vkey ?? '')));
    expect(mlDsa?.vkey.split('+')[1]).toBe(sha('atom.test/ledger\n', typed(mlDsa?.vkey ?? '')));
    expect(p256?.vkey.split('+')[1]).toBe(sha(typed(p256?.vkey ?? '').subarray(1)));
    expect(all.map(s => typed(s.vkey)[0])).toEqual([0x01, 0x02, 0xff]);
  });

  it('is hybrid with one of each family only', async () => {
    const by = async (signers: typeof all) => {
      const opened = openNote(
        await signNote(text, signers),
        all.map(s => parseVerifierKey(s.vkey)),
      );
      return opened.ok && isHybrid(opened.note.by);
    };
    expect(await by(all)).toBe(true);
    expect(await by(all.slice(1))).toBe(true);
    expect(await by(all.slice(0, 2))).toBe(false);
    expect(await by(all.slice(2))).toBe(false);
  });

  it('carries a witness’s time in its cosignature, and covers it', async () => {
    const at = new Date('2023-03-20T13:19:07Z');
    const witness = cosigner('witness.example/w1', Buffer.alloc(32, 5), () => at);
    const note = await signNote(text, [ed25519, witness]);
    const key = parseVerifierKey(witness.vkey);
    expect(openNote(note, [key])).toMatchObject({ ok: true, note: { by: [{ kind: 'cosignature' }] } });
    const line = parseNote(note)?.signatures[1];
    expect(line?.signature.readBigUInt64BE()).toBe(1679318347n);
    const moved = Buffer.from(line?.signature ?? '');
    moved.writeBigUInt64BE(1679318348n);
    const encoded = (signature: Buffer) => Buffer.concat([witness.keyId, signature]).toString('base64');
    const forged = note.replace(encoded(line?.signature ?? Buffer.alloc(0)), encoded(moved));
    expect(openNote(forged, [key])).toEqual({ ok: false, reason: 'bad' });
  });

  it('ignores strangers, and refuses a note with one bad signature of a known key', async () => {
    const stranger = noteSigner('stranger.example/x', Buffer.alloc(32, 4));
    const key = parseVerifierKey(ed25519.vkey);
    expect(openNote(await signNote(text, [stranger, ed25519]), [key]).ok).toBe(true);
    expect(openNote(await signNote(text, [stranger]), [key])).toEqual({ ok: false, reason: 'unknown' });
    const [good] = (await signNote(text, [ed25519])).split('\n').slice(-2);
    const bad = (await signNote(`${text}x\n`, [ed25519])).split('\n').slice(-2)[0];
    expect(openNote(`${text}\n${good}\n${bad}\n`, [key])).toEqual({ ok: false, reason: 'bad' });
  });

  it.each([
    ['no blank line', 'x\n— a AAAAAAA=\n'],
    ['control characters', 'x\u0001\n\n— a AAAAAAA=\n'],
    ['no newline at the end', 'x\n\n— a AAAAAAA='],
    ['a line that is no signature', 'x\n\nhello\n'],
    ['a plus in the name', 'x\n\n— a+b AAAAAAA=\n'],
    ['too little of a signature', 'x\n\n— a AAAA\n'],
    ['too many signatures', `x\n\n${'— a AAAAAAA=\n'.repeat(65)}`],
  ])('does not take %s for a note', (_what, note) => {
    expect(openNote(note, [parseVerifierKey(ed25519.vkey)])).toEqual({ ok: false, reason: 'malformed' });
  });

  it('refuses keys whose id does not fit and checkpoints that are not', async () => {
    expect(() => parseVerifierKey(ed25519.vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+'))).toThrow(
      /does not fit/,
    );
    expect(parseCheckpoint(text)).toMatchObject({ size: 7, origin: 'atom.test/ledger' });
    const root = Buffer.alloc(32).toString('base64');
    for (const broken of [
      'x\n-1\nAAAA\n',
      `x\n01\n${root}\n`,
      `x\n1\n${root}`,
      `x\n1\n${root}\n\n`,
      `\n1\n${root}\n`,
    ])
      expect(parseCheckpoint(broken)).toBeNull();
    await expect(signNote('no newline', [ed25519])).rejects.toThrow();
  });
});
