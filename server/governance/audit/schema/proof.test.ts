import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkpointText, signNote } from '#kernel/ledger/note.ts';
import { noteSigner, noteSignerOf } from '#kernel/ledger/note-keys.ts';
import {
  appendLeaves,
  consistencyProof,
  emptyFrontier,
  inclusionProof,
  leafHash,
  type NodeAt,
  nodeHash,
  rootOf,
} from '#kernel/ledger/tree.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { concat, extendsTree, fromBase64, fromHex, leafOf, rootFromPath, utf8 } from './merkle.ts';
import { readNoteKey } from './note.ts';
import { type ProofDocument, verifyProof, withOneByteChanged } from './proof.ts';

const origin = 'console.example/atom-ledger';
const signer = noteSigner(origin, Buffer.alloc(32, 7));
const withKey = (algorithm: 'ml-dsa-65' | 'ecdsa-p256', key: KeyObject) =>
  noteSignerOf(origin, {
    keyid: 'x',
    algorithm,
    publicKey: createPublicKey(key),
    sign: async bytes => sign(algorithm === 'ecdsa-p256' ? 'sha256' : null, bytes, key),
  });
const mlDsa = withKey('ml-dsa-65', generateKeyPairSync('ml-dsa-65').privateKey);
const p256 = withKey('ecdsa-p256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);

const shown = {
  uid: '0190a6c2-0000-7000-8000-00000000000a',
  type: 'tenant.suspended',
  at: '2026-11-21T07:00:00.000Z',
  target: 'tenant:t1',
};
const body = canonicalBytes({
  v: 1,
  ...shown,
  target: { kind: 'tenant', id: 't1' },
  actor: { kind: 'user', id: 'u' },
  detail: { reason: 'moved away' },
});

function treeOf(leaves: Buffer[]): NodeAt {
  const levels = [leaves];
  for (let row = leaves; row.length > 1; ) {
    const last = row;
    row = Array.from({ length: Math.floor(last.length / 2) }, (_, i) =>
      nodeHash(last[2 * i] ?? expect.fail(), last[2 * i + 1] ?? expect.fail()),
    );
    levels.push(row);
  }
  return (level, index) => levels[level]?.[index] ?? expect.fail('no such node');
}

async function document(index = 5, size = 11, signers = [signer, mlDsa]): Promise<ProofDocument> {
  const leaves = Array.from({ length: size }, (_, i) =>
    i === index ? leafHash(body) : leafHash(Buffer.from([i])),
  );
  const text = checkpointText({ origin, size, root: rootOf(appendLeaves(emptyFrontier, leaves)) });
  return {
    uid: shown.uid,
    body: body.toString('utf8'),
    leaf: leafHash(body).toString('hex'),
    index,
    path: inclusionProof(index, size, treeOf(leaves)).map(step => step.toString('base64')),
    checkpoint: await signNote(text, signers),
    keys: signers.map(s => s.vkey),
  };
}

const states = (steps: { id: string; state: string }[]) =>
  Object.fromEntries(steps.map(s => [s.id, s.state]));

describe('a proof, verified without the server’s code', () => {
  it('holds, and says which steps were taken', async () => {
    const result = await verifyProof(await document(), shown);
    expect(result.verdict).toBe('verified');
    expect(states(result.steps)).toEqual({
      entry: 'ok',
      leaf: 'ok',
      path: 'ok',
      pinned: 'ok',
      classical: 'ok',
      'ml-dsa-65': 'ok',
    });
  });

  it.each<[string, (d: ProofDocument) => ProofDocument, string]>([
    ['a changed byte of the entry', withOneByteChanged, 'leaf'],
    ['another reason in the entry', d => ({ ...d, body: (d.body ?? '').replace('moved', 'mover') }), 'leaf'],
    ['another leaf', d => ({ ...d, leaf: `00${d.leaf.slice(2)}` }), 'leaf'],
    ['another position', d => ({ ...d, index: 4 }), 'path'],
    ['a position outside', d => ({ ...d, index: 11 }), 'path'],
    ['a shorter path', d => ({ ...d, path: d.path.slice(1) }), 'path'],
    ['a longer path', d => ({ ...d, path: [...d.path, d.path[0] ?? ''] }), 'path'],
    ['a path in another order', d => ({ ...d, path: d.path.toReversed() }), 'path'],
    ['a step that is no hash', d => ({ ...d, path: ['AAAA', ...d.path.slice(1)] }), 'path'],
    [
      'another size',
      d => ({ ...d, checkpoint: (d.checkpoint ?? '').replace('\n11\n', '\n12\n') }),
      'classical',
    ],
    [
      'the other signature alone',
      d => ({
        ...d,
        checkpoint: (d.checkpoint ?? '')
          .split('\n')
          .filter((_, i) => i !== 4)
          .join('\n'),
      }),
      'classical',
    ],
    [
      'no ML-DSA signature',
      d => ({
        ...d,
        checkpoint: (d.checkpoint ?? '')
          .split('\n')
          .filter((_, i) => i !== 5)
          .join('\n'),
      }),
      'ml-dsa-65',
    ],
    ['a checkpoint that is none', d => ({ ...d, checkpoint: 'nothing\n' }), 'path'],
    ['no key', d => ({ ...d, keys: [] }), 'pinned'],
    [
      'a key whose id is another’s',
      d => ({ ...d, keys: [d.keys[0]?.replace(/\+[0-9a-f]{8}\+/, '+00000000+') ?? ''] }),
      'classical',
    ],
  ])('refuses %s', async (_name, change, step) => {
    const changed = change(await document());
    const result = await verifyProof(changed, shown);
    expect(result.verdict).toBe('refused');
    expect(states(result.steps)[step]).toBe('bad');
  });

  it('holds with a P-256 key beside or instead of Ed25519, and not with its signature changed', async () => {
    for (const signers of [
      [p256, mlDsa],
      [signer, p256, mlDsa],
    ])
      expect((await verifyProof(await document(5, 11, signers), shown)).verdict).toBe('verified');
    const [one, other] = [await document(5, 11, [p256, mlDsa]), await document(4, 9, [p256, mlDsa])];
    const line = (d: ProofDocument) => (d.checkpoint ?? '').split('\n')[4] ?? '';
    const swapped = { ...one, checkpoint: (one.checkpoint ?? '').replace(line(one), line(other)) };
    expect((await verifyProof(swapped, shown)).verdict).toBe('refused');
  });

  it('refuses a page that shows another entry', async () => {
    for (const other of [
      { uid: 'x' },
      { type: 'tenant.created' },
      { at: '2026-01-01T00:00:00.000Z' },
      { target: null },
    ])
      expect((await verifyProof(await document(), { ...shown, ...other })).verdict).toBe('refused');
  });

  it('refuses keys that were not known before', async () => {
    const result = await verifyProof(await document(), shown, [noteSigner(origin, randomBytes(32)).vkey]);
    expect(states(result.steps).pinned).toBe('bad');
    expect(result.verdict).toBe('refused');
  });

  it('refuses any flipped bit of the entry, the path and the checkpoint’s text', async () => {
    const whole = await document();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('body', 'checkpoint'),
        fc.nat(),
        fc.integer({ min: 0, max: 6 }),
        async (part, at, bit) => {
          const text = whole[part as 'body' | 'checkpoint'] ?? '';
          const bytes = utf8(text);
          const limit =
            part === 'checkpoint' ? utf8(text.slice(0, text.indexOf('\n\n') + 1)).length : bytes.length;
          const i = at % limit;
          bytes[i] = (bytes[i] ?? 0) ^ (1 << bit);
          const changed = { ...whole, [part]: new TextDecoder().decode(bytes) };
          expect((await verifyProof(changed, shown)).verdict).toBe('refused');
        },
      ),
      { numRuns: 150 },
    );
  });

  it('says "promised" before the checkpoint, and checks the leaf all the same', async () => {
    const promised = { ...(await document()), index: null, path: [], checkpoint: null };
    expect((await verifyProof(promised, shown)).verdict).toBe('promised');
    expect((await verifyProof(withOneByteChanged(promised), shown)).verdict).toBe('refused');
  });

  it('says "incomplete", never "verified", where the bytes are withheld', async () => {
    expect((await verifyProof({ ...(await document()), body: null }, shown)).verdict).toBe('incomplete');
  });

  it('counts a witness that signed, and refuses one whose signature does not fit', async () => {
    const witness = generateKeyPairSync('ed25519');
    const name = 'relay.example/witness';
    const key = Buffer.concat([
      Buffer.from([4]),
      witness.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32),
    ]);
    const id = createHash('sha256').update(`${name}\n`).update(key).digest().subarray(0, 4);
    const published = `${name}+${id.toString('hex')}+${key.toString('base64')}`;
    const whole = await document();
    const text = (whole.checkpoint ?? '').slice(0, (whole.checkpoint ?? '').indexOf('\n\n') + 1);
    const cosign = (seconds: bigint, over: string) => {
      const stamp = Buffer.alloc(8);
      stamp.writeBigUInt64BE(seconds);
      const signature = sign(
        null,
        Buffer.from(`cosignature/v1\ntime ${seconds}\n${over}`),
        witness.privateKey,
      );
      return `— ${name} ${Buffer.concat([id, stamp, signature]).toString('base64')}\n`;
    };
    const seen = (line: string) =>
      verifyProof({ ...whole, checkpoint: whole.checkpoint + line, witnessKeys: [published] }, shown);
    expect(states((await seen(cosign(1_790_000_000n, text))).steps).witnesses).toBe('ok');
    expect((await seen(cosign(1_790_000_000n, `${text}x`))).verdict).toBe('refused');
    expect(states((await seen('')).steps).witnesses).toBe('unchecked');
  });
});

describe('hashing without the server’s code', () => {
  it('agrees with the ledger for every entry of every small tree', async () => {
    for (let size = 1; size <= 20; size++) {
      const leaves = Array.from({ length: size }, (_, i) => leafHash(Buffer.from([i])));
      const root = rootOf(appendLeaves(emptyFrontier, leaves));
      const nodeAt = treeOf(leaves);
      for (let i = 0; i < size; i++) {
        const got = await rootFromPath(i, size, leaves[i] ?? root, inclusionProof(i, size, nodeAt));
        expect(Buffer.from(got ?? []).equals(root)).toBe(true);
      }
      for (let first = 1; first <= size; first++) {
        const older = { size: first, root: rootOf(appendLeaves(emptyFrontier, leaves.slice(0, first))) };
        const proof = consistencyProof(first, size, nodeAt);
        expect(await extendsTree(older, { size, root }, proof)).toBe(true);
        if (first < size)
          expect(await extendsTree({ size: first, root: Buffer.alloc(32) }, { size, root }, proof)).toBe(
            false,
          );
      }
    }
    expect(Buffer.from(await leafOf(utf8('x'))).equals(leafHash(Buffer.from('x')))).toBe(true);
  });

  it('takes base64 and hex in one spelling only', () => {
    expect(fromBase64('AAE=')).toEqual(concat(Uint8Array.of(0, 1)));
    for (const bad of ['AAF=', 'AAE', 'A A=', 'AAE=\n', '_-==']) expect(fromBase64(bad)).toBeNull();
    for (const bad of ['0', '0G', 'AB']) expect(fromHex(bad)).toBeNull();
  });

  it('takes no key whose id is not its own', async () => {
    expect((await readNoteKey(signer.vkey))?.algorithm).toBe('ed25519');
    expect((await readNoteKey(mlDsa.vkey))?.algorithm).toBe('ml-dsa-65');
    expect(await readNoteKey(signer.vkey.replace('console', 'consale'))).toBeNull();
    expect(await readNoteKey('nonsense')).toBeNull();
  });
});
