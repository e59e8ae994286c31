/**
 * RFC 6962 / 9162 hashing over WebCrypto: the same code verifies in a browser, in the command line and in tests, and
 * shares nothing with the code that makes the proofs.
 */
export type Bytes = Uint8Array<ArrayBuffer>;

export const sha256 = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const utf8 = (text: string): Bytes => concat(new TextEncoder().encode(text));
export const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
export const hex = (bytes: Uint8Array): string =>
  [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');

export function fromHex(text: string): Bytes | null {
  if (!/^([0-9a-f]{2})*$/.test(text)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}

/** Standard base64 in its one canonical spelling; anything else is refused rather than half-decoded. */
export function fromBase64(text: string): Bytes | null {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return null;
  try {
    const raw = atob(text);
    if (btoa(raw) !== text) return null;
    return Uint8Array.from(raw, c => c.charCodeAt(0));
  } catch {
    return null;
  }
}

export const leafOf = (body: Uint8Array): Promise<Bytes> => sha256(concat(Uint8Array.of(0), body));
const nodeOf = (left: Uint8Array, right: Uint8Array) => sha256(concat(Uint8Array.of(1), left, right));
const half = (n: number) => Math.floor(n / 2);
const whole = (n: number) => Number.isSafeInteger(n) && n >= 0;

/** The root that a leaf and its path lead to (RFC 9162 2.1.3.2); null where the path does not fit the position. */
export async function rootFromPath(
  index: number,
  size: number,
  leaf: Uint8Array,
  path: readonly Uint8Array[],
): Promise<Bytes | null> {
  if (!whole(index) || !whole(size) || index >= size || leaf.length !== 32) return null;
  let [fn, sn] = [index, size - 1];
  let node = concat(leaf);
  for (const step of path) {
    if (sn === 0 || step.length !== 32) return null;
    if (fn % 2 === 1 || fn === sn) {
      node = await nodeOf(step, node);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else node = await nodeOf(node, step);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 ? node : null;
}

/** Whether the first `first` leaves of the larger tree are exactly the smaller tree (RFC 9162 2.1.4.2). */
export async function extendsTree(
  first: { size: number; root: Uint8Array },
  second: { size: number; root: Uint8Array },
  proof: readonly Uint8Array[],
): Promise<boolean> {
  if (!whole(first.size) || !whole(second.size) || first.size < 1 || first.size > second.size) return false;
  if (first.size === second.size) return proof.length === 0 && equal(first.root, second.root);
  const path = Number.isInteger(Math.log2(first.size)) ? [first.root, ...proof] : [...proof];
  const seed = path[0];
  if (!seed || path.some(step => step.length !== 32)) return false;
  let [fn, sn] = [first.size - 1, second.size - 1];
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  let [older, newer] = [concat(seed), concat(seed)];
  for (const step of path.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      older = await nodeOf(step, older);
      newer = await nodeOf(step, newer);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else newer = await nodeOf(newer, step);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && equal(older, first.root) && equal(newer, second.root);
}
