import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  appendLeaves,
  consistencyProof,
  emptyFrontier,
  emptyRoot,
  type Hash,
  inclusionProof,
  leafHash,
  type NodeAt,
  nodeHash,
  parseFrontier,
  rootOf,
  serialiseFrontier,
  verifyConsistency,
  verifyInclusion,
} from './tree.ts';

/** The eight leaves and roots that certificate-transparency implementations share as test vectors (RFC 6962). */
const inputs = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const leaves = inputs.map(hex => leafHash(Buffer.from(hex, 'hex')));

/** RFC 6962 2.1 read literally. */
function naiveRoot(of: readonly Hash[]): Hash {
  if (of.length === 0) return emptyRoot;
  if (of.length === 1) return of[0] as Hash;
  const k = 2 ** Math.floor(Math.log2(of.length - 1));
  return nodeHash(naiveRoot(of.slice(0, k)), naiveRoot(of.slice(k)));
}

const nodesOf =
  (of: readonly Hash[]): NodeAt =>
  (level, index) =>
    naiveRoot(of.slice(index * 2 ** level, (index + 1) * 2 ** level));

const some = (size: number) => Array.from({ length: size }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));

describe('published RFC 6962 vectors', () => {
  it('gives the empty root', () => {
    expect(emptyRoot.toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });
  it.each(roots.map((root, i) => [i + 1, root] as const))(
    'gives the root of the first %i entries',
    (size, root) => {
      expect(rootOf(appendLeaves(emptyFrontier, leaves.slice(0, size))).toString('hex')).toBe(root);
    },
  );
  it('verifies the published inclusion path of entry 5 in 8', () => {
    const path = [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ];
    expect(inclusionProof(5, 8, nodesOf(leaves)).map(h => h.toString('hex'))).toEqual(path);
    expect(
      verifyInclusion(
        5,
        8,
        leaves[5] as Hash,
        path.map(h => Buffer.from(h, 'hex')),
        Buffer.from(roots[7] as string, 'hex'),
      ),
    ).toBe(true);
  });
  it('verifies the published consistency path from 6 to 8', () => {
    const path = [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ];
    expect(consistencyProof(6, 8, nodesOf(leaves)).map(h => h.toString('hex'))).toEqual(path);
  });
});

describe('tree', () => {
  it('grows in any batches to the root of the naive definition', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 }), sizes => {
        const all = some(sizes.reduce((a, b) => a + b, 0));
        let frontier = emptyFrontier;
        let at = 0;
        for (const size of sizes) {
          frontier = appendLeaves(frontier, all.slice(at, at + size));
          frontier = parseFrontier(frontier.size, serialiseFrontier(frontier));
          at += size;
        }
        expect(rootOf(frontier)).toEqual(naiveRoot(all));
      }),
    );
  });

  it('proves inclusion of every entry, and refuses every single changed bit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(), (size, pick, flip) => {
        const all = some(size);
        const index = pick % size;
        const root = naiveRoot(all);
        const proof = inclusionProof(index, size, nodesOf(all));
        const leaf = all[index] as Hash;
        expect(verifyInclusion(index, size, leaf, proof, root)).toBe(true);
        expect(verifyInclusion(index, size, flipped(leaf, flip), proof, root)).toBe(false);
        expect(verifyInclusion(index, size, leaf, [...proof, leaf], root)).toBe(false);
        expect(verifyInclusion(index, size, leaf, proof, flipped(root, flip))).toBe(false);
        if (proof.length > 0) {
          const broken = proof.map((h, i) => (i === flip % proof.length ? flipped(h, flip) : h));
          expect(verifyInclusion(index, size, leaf, broken, root)).toBe(false);
          expect(verifyInclusion(index, size, leaf, proof.slice(1), root)).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('proves that a tree extends another, and refuses a forked history', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(), fc.nat(), (second, pick, flip) => {
        const first = 1 + (pick % second);
        const all = some(second);
        const proof = consistencyProof(first, second, nodesOf(all));
        const from = naiveRoot(all.slice(0, first));
        const to = naiveRoot(all);
        expect(verifyConsistency(first, second, from, to, proof)).toBe(true);
        const forked = all.map((leaf, i) => (i === flip % first ? leafHash(Buffer.from('forged')) : leaf));
        expect(verifyConsistency(first, second, naiveRoot(forked.slice(0, first)), to, proof)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a frontier that does not fit its size', () => {
    expect(() => parseFrontier(3, Buffer.alloc(32))).toThrow(/must have 2 hashes/);
    expect(() => inclusionProof(3, 3, nodesOf(some(3)))).toThrow(RangeError);
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at % copy.length] = (copy[at % copy.length] as number) ^ 1;
  return copy;
}
