import { wordsOf } from './words.ts';

export const lexicalModel = 'lexical-hash-512';
export const bundledModel = 'universal-sentence-encoder-lite-512';
const dimensions = 512;

/** FNV-1a: the same place for the same text in every process. */
function hashed(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Words and their runs of three letters, hashed into a fixed number of places and weighted by how rare they are. */
export function lexicalVector(text: string, rarity: (word: string) => number = () => 1): Float32Array {
  const vector = new Float32Array(dimensions);
  const add = (feature: string, weight: number) => {
    const h = hashed(feature);
    const sign = h & 0x80000000 ? -1 : 1;
    const place = h % dimensions;
    vector[place] = (vector[place] ?? 0) + sign * weight;
  };
  for (const word of wordsOf(text)) {
    const weight = rarity(word);
    add(word, weight);
    const padded = `^${word}$`;
    for (let i = 0; i + 3 <= padded.length; i++) add(padded.slice(i, i + 3), weight * 0.3);
  }
  return normal(vector);
}

export function normal(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const x of vector) sum += x * x;
  const length = Math.sqrt(sum);
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) / length;
  return vector;
}

/** Of two vectors of length one. Vectors of different sizes come from different models and say nothing together. */
export function cosine(a: Float32Array, c: Float32Array): number {
  if (a.length !== c.length) return 0;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (c[i] ?? 0);
  return sum;
}

export const toBytes = (vector: Float32Array): Buffer =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
export const fromBytes = (bytes: Uint8Array): Float32Array =>
  new Float32Array(new Uint8Array(bytes).buffer, 0, Math.floor(bytes.byteLength / 4));

/** How rare each word is among these texts. */
export function rarityIn(texts: readonly string[]): (word: string) => number {
  const having = new Map<string, number>();
  for (const text of texts)
    for (const word of new Set(wordsOf(text))) having.set(word, (having.get(word) ?? 0) + 1);
  return word => Math.log(1 + texts.length / (1 + (having.get(word) ?? 0)));
}
