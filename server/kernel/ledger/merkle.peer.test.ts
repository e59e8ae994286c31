import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyConsistency, verifyInclusion } from './tree.ts';

/**
 * The vectors of transparency-dev/merkle (Apache-2.0), whole and as they are. They are not kept here: MERKLE_VECTORS
 * names the `testdata` folder of a checkout.
 */
const folder = process.env.MERKLE_VECTORS ?? '';
const missing = !existsSync(join(folder, 'inclusion'));

interface Vector {
  leafIdx: number;
  treeSize: number;
  root: string;
  leafHash: string;
  size1: number;
  size2: number;
  root1: string;
  root2: string;
  proof: string[] | null;
  wantErr: boolean;
}

const read = (kind: string): [string, Vector][] =>
  missing
    ? []
    : globSync(`${kind}/**/*.json`, { cwd: folder })
        .toSorted()
        .map(name => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as Vector]);
const bytes = (text: string | null) => Buffer.from(text ?? '', 'base64');
const path = (vector: Vector) => (vector.proof ?? []).map(bytes);

describe.skipIf(missing)('transparency-dev/merkle (peer: its vectors at MERKLE_VECTORS)', () => {
  it('inclusion: every vector gets the published answer', () => {
    const all = read('inclusion');
    expect(all.length).toBeGreaterThanOrEqual(98);
    const wrong = all.filter(
      ([, v]) =>
        verifyInclusion(v.leafIdx, v.treeSize, bytes(v.leafHash), path(v), bytes(v.root)) === v.wantErr,
    );
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  it('consistency: every vector gets the published answer', () => {
    const all = read('consistency');
    expect(all.length).toBeGreaterThanOrEqual(98);
    const wrong = all.filter(
      ([, v]) => verifyConsistency(v.size1, v.size2, bytes(v.root1), bytes(v.root2), path(v)) === v.wantErr,
    );
    expect(wrong.map(([name]) => name)).toEqual([]);
  });
});
