/** Money as it is written: whole units of 10^-18, so that nothing is rounded before somebody asks for cents. */
export const scale = 18;
const unit = 10n ** 18n;

const pattern = /^([+-]?)(\d{1,20})?(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Null where the text is no decimal number, or has digits that would be lost. */
export function parseDecimal(text: string): bigint | null {
  const match = pattern.exec(text.trim());
  if (!match) return null;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return null;
  const shift = scale - fraction.length + Number(exponent);
  const digits = BigInt(`${whole}${fraction}`);
  if (shift > 60) return digits === 0n ? 0n : null;
  if (shift < 0) {
    const by = 10n ** BigInt(-shift);
    if (digits % by !== 0n) return null;
    return sign === '-' ? -(digits / by) : digits / by;
  }
  const value = digits * 10n ** BigInt(shift);
  return sign === '-' ? -value : value;
}

export function formatDecimal(value: bigint): string {
  const positive = value < 0n ? -value : value;
  const fraction = (positive % unit).toString().padStart(scale, '0').replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${positive / unit}${fraction ? `.${fraction}` : ''}`;
}

const cent = unit / 100n;
/** Half a cent goes away from zero, as invoices do it. */
export const toCents = (value: bigint): bigint =>
  value < 0n ? -((-value + cent / 2n) / cent) : (value + cent / 2n) / cent;

export const centsAsText = (cents: bigint): string => formatDecimal(cents * cent);

/**
 * A whole number of cents over weights, so that the parts add up exactly: each gets its floor, and what is left goes, cent
 * by cent, to the largest remainders. Equal remainders are served in the order given.
 */
export function splitCents(total: bigint, weights: readonly bigint[]): bigint[] {
  const sum = weights.reduce((a, b) => a + b, 0n);
  if (weights.some(w => w < 0n)) throw new RangeError('A weight below zero divides nothing.');
  if (sum === 0n) throw new RangeError('Weights of nothing divide nothing.');
  const negative = total < 0n;
  const amount = negative ? -total : total;
  const parts = weights.map(w => (amount * w) / sum);
  let left = amount - parts.reduce((a, b) => a + b, 0n);
  const order = weights
    .map((w, index) => ({ index, remainder: (amount * w) % sum }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder < b.remainder ? 1 : -1));
  for (const { index } of order) {
    if (left === 0n) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return negative ? parts.map(part => -part) : parts;
}
