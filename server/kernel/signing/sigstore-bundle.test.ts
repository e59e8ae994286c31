import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { describe, expect, it } from 'vitest';
import { algorithmOf, fingerprintOf, signAside } from './algorithm.ts';
import { canonicalBytes } from './canonical.ts';
import type { TrustedKey } from './hybrid.ts';
import type { Signer } from './open-key.ts';
import { envelopeBundle, keyHint, messageBundle, verifyBundle } from './sigstore-bundle.ts';
import { statementType } from './statement.ts';

function signerOf(privateKey: KeyObject): Signer {
  const publicKey = createPublicKey(privateKey);
  return {
    keyid: fingerprintOf(publicKey),
    algorithm: algorithmOf(publicKey) ?? 'ed25519',
    publicKey,
    sign: bytes => signAside(privateKey, bytes),
  };
}
const signer = signerOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const other = signerOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const trusted = (s: Signer, more: Partial<TrustedKey> = {}): TrustedKey => ({
  id: s.keyid,
  key: s.publicKey,
  algorithm: s.algorithm,
  ...more,
});
const content = Buffer.from('a model, say');
const now = new Date('2026-03-01T00:00:00Z');
const message = await messageBundle(signer, content);
const payload = canonicalBytes({ a: 1 });
const envelope = await envelopeBundle(signer, statementType, payload);

/** The sigstore project's own verifier, given nothing but the public key. */
function sigstoreVerifies(bundle: unknown, by: Signer, artefact?: Buffer): void {
  const material = toTrustMaterial(TrustedRoot.fromJSON({}), () => ({
    publicKey: by.publicKey,
    validFor: () => true,
  }));
  const verifier = new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
  verifier.verify(toSignedEntity(bundleFromJSON(bundle), artefact));
}

describe('a sigstore bundle', () => {
  it('is read and verified by sigstore’s own libraries', () => {
    expect(message.mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
    expect(() => sigstoreVerifies(message, signer, content)).not.toThrow();
    expect(() => sigstoreVerifies(envelope, signer)).not.toThrow();
    expect(() => sigstoreVerifies(message, other, content)).toThrow('signature verification failed');
    expect(() => sigstoreVerifies(message, signer, Buffer.from('else'))).toThrow(
      'signature verification failed',
    );
    expect(() => sigstoreVerifies(envelope, other)).toThrow('signature verification failed');
  });

  it('hints at its key as cosign does', () => {
    expect(message.verificationMaterial.publicKey?.hint).toBe(keyHint(signer.publicKey));
    expect(Buffer.from(keyHint(signer.publicKey), 'base64').toString('hex')).toBe(signer.keyid);
  });

  const keys = [trusted(signer)];
  const check = (bundle: unknown, among = keys, about = content) => {
    const held = verifyBundle(bundle, about, among, now);
    return held.ok ? 'ok' : held.reason;
  };
  const flipped = Buffer.from(message.messageSignature?.signature ?? '', 'base64');
  flipped.writeUInt8(flipped.readUInt8(40) ^ 1, 40);

  it('is verified here, and each refusal has its name', () => {
    expect(check(message)).toBe('ok');
    expect(check(envelope)).toBe('ok');
    expect(check({ nonsense: true })).toBe('malformed');
    expect(check({ ...message, mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2' })).toBe(
      'wrong_type',
    );
    expect(check(message, keys, Buffer.from('else'))).toBe('wrong_subject');
    expect(check(message, [trusted(other)])).toBe('wrong_key');
    expect(
      check({
        ...message,
        messageSignature: { ...message.messageSignature, signature: flipped.toString('base64') },
      }),
    ).toBe('tampered');
    expect(check(message, [trusted(signer, { verifyUntil: now })])).toBe('expired');
    expect(check(message, [trusted(signer, { revokedAt: now })])).toBe('revoked');
    expect(
      check({
        ...envelope,
        dsseEnvelope: {
          ...envelope.dsseEnvelope,
          signatures: [
            ...(envelope.dsseEnvelope?.signatures ?? []),
            ...(envelope.dsseEnvelope?.signatures ?? []),
          ],
        },
      }),
    ).toBe('malformed');
  });

  it('is made of P-256 keys only', async () => {
    const ed = signerOf(generateKeyPairSync('ed25519').privateKey);
    await expect(messageBundle(ed, content)).rejects.toMatchObject({ code: 'signing.bundle_kind' });
    await expect(envelopeBundle(ed, statementType, payload)).rejects.toMatchObject({
      code: 'signing.bundle_kind',
    });
  });
});
