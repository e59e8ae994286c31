import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { algorithmOf, fingerprintOf, signAside } from './algorithm.ts';
import { sha256Hex } from './canonical.ts';
import type { Signer } from './open-key.ts';
import { signHybrid } from './signer.ts';
import { signStatement, statementRefusals, statementType, verifyStatement } from './statement.ts';

function signerOf(privateKey: KeyObject): Signer {
  const publicKey = createPublicKey(privateKey);
  const algorithm = algorithmOf(publicKey);
  if (!algorithm) throw new Error('No key of ours.');
  return {
    keyid: fingerprintOf(publicKey),
    algorithm,
    publicKey,
    sign: bytes => signAside(privateKey, bytes),
  };
}
const signers = [generateKeyPairSync('ed25519'), generateKeyPairSync('ml-dsa-65')].map(p =>
  signerOf(p.privateKey),
);
const keys = signers.map(s => ({ id: s.keyid, key: s.publicKey, algorithm: s.algorithm }));
const now = new Date('2026-03-01T00:00:00Z');
const predicateType = 'https://model_signing/signature/v1.0';
const content = Buffer.from('weights');
const wanted = { predicateType, content };
const envelope = await signStatement(signers, [{ name: 'model.bin', content }], predicateType, {
  b: 2,
  a: 1,
});

describe('an in-toto statement', () => {
  it('is signed in canonical form and names what it is about', () => {
    expect(Buffer.from(envelope.payload, 'base64').toString()).toBe(
      `{"_type":"https://in-toto.io/Statement/v1","predicate":{"a":1,"b":2},"predicateType":"${predicateType}","subject":[{"digest":{"sha256":"${sha256Hex(content)}"},"name":"model.bin"}]}`,
    );
    expect(verifyStatement(envelope, wanted, keys, now)).toMatchObject({
      ok: true,
      statement: { subject: [{ name: 'model.bin' }], predicate: { a: 1, b: 2 } },
    });
  });

  const reason = async (made: Parameters<typeof verifyStatement>[0], asked = wanted) => {
    const held = verifyStatement(made, asked, keys, now);
    return held.ok ? 'ok' : held.reason;
  };

  it('is refused for other content, for another kind, and for what is no statement', async () => {
    expect(await reason(envelope, { ...wanted, content: Buffer.from('other') })).toBe('wrong_subject');
    expect(await reason(envelope, { ...wanted, predicateType: 'https://slsa.dev/provenance/v1' })).toBe(
      'wrong_predicate',
    );
    for (const text of ['{"a":1}', 'no json', '{"_type":"https://in-toto.io/Statement/v0.1"}'])
      expect(await reason(await signHybrid(statementType, Buffer.from(text), signers))).toBe('not_statement');
    expect(await reason(await signHybrid('application/json', Buffer.from('{}'), signers))).toBe('wrong_type');
  });

  it('cannot be made without a subject or with a predicate type that is no URI', async () => {
    await expect(signStatement(signers, [], predicateType, {})).rejects.toThrow();
    await expect(signStatement(signers, [{ name: 'x', content }], 'no uri', {})).rejects.toThrow();
  });

  it('has one sentence for each reason', () => {
    for (const sentence of Object.values(statementRefusals)) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });
});
