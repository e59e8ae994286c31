/** FNV-1a: a name as a number, once. */
export function hashOf(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

const mix = (h: number, v: number): number => {
  let x = Math.imul(h ^ v, 0x9e3779b1);
  x = Math.imul(x ^ (x >>> 15), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
};

/** The same counters always give the same number in [0, 1): any instant is computed without the ones before it. */
export function uniform(a: number, b: number, c: number, d = 0): number {
  const low = c | 0;
  const high = Math.floor(c / 0x100000000) | 0;
  return (mix(mix(mix(mix(mix(0x2545f491, a), b), low), high), d) >>> 0) / 0x100000000;
}

/** Mean 0, variance 1, never beyond ±3.5: a sum of four uniforms. */
export function bell(a: number, b: number, c: number): number {
  const sum = uniform(a, b, c, 1) + uniform(a, b, c, 2) + uniform(a, b, c, 3) + uniform(a, b, c, 4);
  return (sum - 2) * Math.sqrt(3);
}

/** Noise that wanders: a smooth line through one value a period. */
export function drift(a: number, b: number, t: number, period: number): number {
  const at = t / period;
  const index = Math.floor(at);
  const x = at - index;
  const s = x * x * (3 - 2 * x);
  return bell(a, b, index) * (1 - s) + bell(a, b, index + 1) * s;
}
