import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyBytes } from './dsse.ts';

/**
 * The vectors of C2SP/wycheproof (Apache-2.0), whole and as they are. They are not kept here: WYCHEPROOF_VECTORS names a
 * `testvectors_v1` folder of a checkout.
 */
const folder = process.env.WYCHEPROOF_VECTORS ?? '';
const missing = !existsSync(join(folder, 'ed25519_test.json'));

interface Group {
  publicKey: string | { pk: string };
  tests: {
    tcId: number;
    comment: string;
    msg: string;
    sig: string;
    ctx?: string;
    result: 'valid' | 'invalid' | 'acceptable';
  }[];
}

const groups = (file: string): Group[] =>
  missing ? [] : JSON.parse(readFileSync(join(folder, file), 'utf8')).testGroups;

function publicKey(members: Record<string, string>): KeyObject | null {
  try {
    return createPublicKey({ key: members, format: 'jwk' } as never);
  } catch {
    return null;
  }
}

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const base64url = (hex: string) => bytes(hex).toString('base64url');

/** Which of the vectors got another answer than the published one. */
function wrong(all: Group[], keyOf: (hex: string) => KeyObject | null): { run: number; wrong: string[] } {
  let run = 0;
  const found: string[] = [];
  for (const group of all) {
    const key = keyOf(typeof group.publicKey === 'string' ? group.publicKey : group.publicKey.pk);
    for (const test of group.tests) {
      if (test.ctx) continue; // DSSE signs without a context
      run += 1;
      const good = key !== null && verifyBytes(key, bytes(test.msg), bytes(test.sig));
      if (good !== (test.result === 'valid')) found.push(`${test.tcId} ${test.comment}: ${test.result}`);
    }
  }
  return { run, wrong: found };
}

describe.skipIf(missing)('Wycheproof (peer: C2SP/wycheproof vectors at WYCHEPROOF_VECTORS)', () => {
  it('Ed25519 verify: every vector, every result class', () => {
    const of = (x: string) => publicKey({ kty: 'OKP', crv: 'Ed25519', x: base64url(x) });
    const outcome = wrong(groups('ed25519_test.json'), of);
    expect(outcome.wrong).toEqual([]);
    expect(outcome.run).toBeGreaterThanOrEqual(150);
  });

  it('ML-DSA-65 verify: every vector without a context, every result class', () => {
    const of = (pub: string) => publicKey({ kty: 'AKP', alg: 'ML-DSA-65', pub: base64url(pub) });
    const outcome = wrong(groups('mldsa_65_verify_test.json'), of);
    expect(outcome.wrong).toEqual([]);
    expect(outcome.run).toBeGreaterThanOrEqual(200);
  });
});
