import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyConsistency, verifyInclusion } from './tree.ts';

type Vector = [
  name: string,
  first: number,
  second: number,
  a: string,
  b: string,
  path: string[],
  refused: boolean,
];
const vectors: { inclusion: Vector[]; consistency: Vector[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'vectors/merkle.json'), 'utf8'),
);
const bytes = (text: string) => Buffer.from(text, 'base64');

describe('transparency-dev/merkle vectors', () => {
  it('are all there', () => {
    expect([vectors.inclusion.length, vectors.consistency.length]).toEqual([98, 98]);
  });
  it.each(vectors.inclusion)('inclusion %s', (_name, index, size, root, leaf, path, refused) => {
    expect(verifyInclusion(index, size, bytes(leaf), path.map(bytes), bytes(root))).toBe(!refused);
  });
  it.each(vectors.consistency)('consistency %s', (_name, first, second, root1, root2, path, refused) => {
    expect(verifyConsistency(first, second, bytes(root1), bytes(root2), path.map(bytes))).toBe(!refused);
  });
});
