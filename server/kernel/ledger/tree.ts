import { hash } from 'node:crypto';

/** RFC 6962 / 9162 hashing. A node is addressed by its level (0 = leaves) and its index within the level. */
export type Hash = Buffer;
export type NodeAt = (level: number, index: number) => Hash;

const sha256 = (bytes: Uint8Array): Hash => hash('sha256', bytes, 'buffer');
const leafPrefix = Buffer.from([0]);

export const leafHash = (body: Uint8Array): Hash => sha256(Buffer.concat([leafPrefix, body]));

export function nodeHash(left: Uint8Array, right: Uint8Array): Hash {
  const bytes = Buffer.allocUnsafe(65);
  bytes[0] = 1;
  bytes.set(left, 1);
  bytes.set(right, 33);
  return sha256(bytes);
}

export const emptyRoot: Hash = sha256(new Uint8Array());

/** The roots of the perfect subtrees that make up a tree, largest first: all that is needed to grow it. */
export interface Frontier {
  size: number;
  hashes: Hash[];
}

export const emptyFrontier: Frontier = { size: 0, hashes: [] };

/** Told of every inner node that became complete. */
export type OnNode = (level: number, index: number, hash: Hash) => void;

export function appendLeaves(frontier: Frontier, leaves: readonly Uint8Array[], onNode?: OnNode): Frontier {
  const hashes = [...frontier.hashes];
  let size = frontier.size;
  for (const leaf of leaves) {
    let node: Hash = Buffer.from(leaf);
    let level = 0;
    for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      node = nodeHash(pop(hashes), node);
      level += 1;
      onNode?.(level, Math.floor(rest / 2), node);
    }
    hashes.push(node);
    size += 1;
  }
  return { size, hashes };
}

export function rootOf(frontier: Frontier): Hash {
  if (frontier.size === 0) return emptyRoot;
  return frontier.hashes.reduceRight((right, left) => nodeHash(left, right));
}

export const serialiseFrontier = (frontier: Frontier): Buffer => Buffer.concat(frontier.hashes);

export function parseFrontier(size: number, bytes: Uint8Array): Frontier {
  const buffer = Buffer.from(bytes);
  const hashes = Array.from({ length: buffer.length / 32 }, (_, i) => buffer.subarray(i * 32, i * 32 + 32));
  if (buffer.length % 32 !== 0 || hashes.length !== popCount(size))
    throw new Error(`The frontier of a tree of ${size} entries must have ${popCount(size)} hashes.`);
  return { size, hashes };
}

function popCount(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}

function pop(hashes: Hash[]): Hash {
  const last = hashes.pop();
  if (!last) throw new Error('The frontier does not fit its size.');
  return last;
}

/** Largest power of two smaller than `size` (size > 1). */
const split = (size: number): number => 2 ** Math.floor(Math.log2(size - 1));

/** Root of the leaves [start, start + size) from perfect subtrees. `start` is a multiple of the subtree it begins. */
function rangeRoot(start: number, size: number, nodeAt: NodeAt): Hash {
  const level = Math.log2(size);
  if (Number.isInteger(level)) return nodeAt(level, start / size);
  const left = split(size);
  return nodeHash(rangeRoot(start, left, nodeAt), rangeRoot(start + left, size - left, nodeAt));
}

export const subtreeRoot = (size: number, nodeAt: NodeAt): Hash =>
  size === 0 ? emptyRoot : rangeRoot(0, size, nodeAt);

export function inclusionProof(index: number, size: number, nodeAt: NodeAt): Hash[] {
  if (!(index >= 0 && index < size)) throw new RangeError(`Entry ${index} is not in a tree of ${size}.`);
  const walk = (at: number, start: number, width: number): Hash[] => {
    if (width === 1) return [];
    const left = split(width);
    return at < left
      ? [...walk(at, start, left), rangeRoot(start + left, width - left, nodeAt)]
      : [...walk(at - left, start + left, width - left), rangeRoot(start, left, nodeAt)];
  };
  return walk(index, 0, size);
}

export function consistencyProof(first: number, second: number, nodeAt: NodeAt): Hash[] {
  if (!(first >= 0 && first <= second)) throw new RangeError(`${first} is not a prefix of ${second}.`);
  if (first === 0 || first === second) return [];
  const walk = (at: number, start: number, width: number, whole: boolean): Hash[] => {
    if (at === width) return whole ? [] : [rangeRoot(start, width, nodeAt)];
    const left = split(width);
    return at <= left
      ? [...walk(at, start, left, whole), rangeRoot(start + left, width - left, nodeAt)]
      : [...walk(at - left, start + left, width - left, false), rangeRoot(start, left, nodeAt)];
  };
  return walk(first, 0, second, true);
}

/** RFC 9162 2.1.3.2. */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  if (leaf.length !== 32 || root.length !== 32) return false;
  let fn = index;
  let sn = size - 1;
  let node: Uint8Array = leaf;
  for (const step of proof) {
    if (sn === 0 || step.length !== 32) return false;
    if (fn % 2 === 1 || fn === sn) {
      node = nodeHash(step, node);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else node = nodeHash(node, step);
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && Buffer.compare(node, root) === 0;
}

/** RFC 9162 2.1.4.2. */
export function verifyConsistency(
  first: number,
  second: number,
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(second) || first < 0 || first > second)
    return false;
  if (first === 0 && Buffer.compare(firstRoot, emptyRoot) !== 0) return false;
  if (first === 0 && second > 0) return proof.length === 0 && secondRoot.length === 32;
  if (first === second) return proof.length === 0 && Buffer.compare(firstRoot, secondRoot) === 0;
  if (firstRoot.length !== 32 || secondRoot.length !== 32) return false;
  const path: Uint8Array[] = Number.isInteger(Math.log2(first)) ? [firstRoot, ...proof] : [...proof];
  const seed = path[0];
  if (!seed || path.some(step => step.length !== 32)) return false;
  let fn = first - 1;
  let sn = second - 1;
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  let fr: Uint8Array = seed;
  let sr: Uint8Array = seed;
  for (const step of path.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(step, fr);
      sr = nodeHash(step, sr);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else sr = nodeHash(sr, step);
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && Buffer.compare(fr, firstRoot) === 0 && Buffer.compare(sr, secondRoot) === 0;
}
