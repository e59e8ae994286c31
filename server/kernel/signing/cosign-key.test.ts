import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { algorithmOf, fingerprintOf, generatePrivateKey } from './algorithm.ts';
import { openCosignKey, sealCosignKey } from './cosign-key.ts';

const key = generatePrivateKey('ecdsa-p256');
const sealed = sealCosignKey(key, 'correct horse');
const codeOf = (open: () => unknown) => {
  try {
    open();
    return 'opened';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};
/** The JSON inside the PEM, changed. */
const bend = (change: (body: Record<string, Record<string, unknown>>) => unknown) => {
  const body = JSON.parse(Buffer.from(sealed.split('\n').slice(1, -2).join(''), 'base64').toString());
  const bent = Buffer.from(JSON.stringify(change(body))).toString('base64');
  return `-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----\n${bent}\n-----END ENCRYPTED COSIGN PRIVATE KEY-----\n`;
};

describe('a cosign key', () => {
  it('opens with its password, also an empty one, under the old label and the new', () => {
    expect(fingerprintOf(openCosignKey(sealed, 'correct horse'))).toBe(fingerprintOf(createPublicKey(key)));
    expect(
      algorithmOf(
        openCosignKey(
          bend(body => body),
          'correct horse',
        ),
      ),
    ).toBe('ecdsa-p256');
    expect(codeOf(() => openCosignKey(sealCosignKey(key, ''), ''))).toBe('opened');
  });

  it('says what is wrong with it', () => {
    expect(codeOf(() => openCosignKey(sealed, 'wrong'))).toBe('signing.cosign_password');
    expect(() => openCosignKey(sealed, '')).toThrow('COSIGN_PASSWORD is missing');
    expect(codeOf(() => openCosignKey('-----BEGIN PRIVATE KEY-----', 'x'))).toBe('signing.cosign_form');
    expect(
      codeOf(() =>
        openCosignKey(
          bend(() => ({ nothing: 1 })),
          'x',
        ),
      ),
    ).toBe('signing.cosign_damaged');
    const otherKdf = bend(body => ({ ...body, kdf: { ...body.kdf, name: 'argon2' } }));
    expect(codeOf(() => openCosignKey(otherKdf, 'x'))).toBe('signing.cosign_damaged');
    const costly = bend(body => ({ ...body, kdf: { ...body.kdf, params: { N: 2 ** 30, r: 8, p: 1 } } }));
    expect(codeOf(() => openCosignKey(costly, 'x'))).toBe('signing.cosign_damaged');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(codeOf(() => openCosignKey(sealCosignKey(privateKey, 'p'), 'p'))).toBe('signing.cosign_kind');
  });
});
