/** Numbers that prove themselves: only what passes its own check counts as one, so that ordinary figures stay readable. */
const digitsOf = (text: string): number[] => [...text].filter(c => c >= '0' && c <= '9').map(Number);
const weighted = (digits: readonly number[], weights: readonly number[]): number =>
  weights.reduce((sum, w, i) => sum + w * (digits[i] ?? 0), 0);

export function luhn(digits: readonly number[]): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    let d = digits[digits.length - 1 - i] ?? 0;
    if (i % 2 === 1) {
      d *= 2;
      if (d > 9) d -= 9;
    }
    sum += d;
  }
  return sum % 10 === 0;
}

const same = (digits: readonly number[]) => digits.every(d => d === digits[0]);

/** Payment cards of the usual networks. */
export function isCard(text: string): boolean {
  const digits = digitsOf(text);
  if (digits.length < 13 || digits.length > 19 || same(digits)) return false;
  const lead = digits.slice(0, 2).join('');
  const network =
    lead.startsWith('4') ||
    (lead >= '51' && lead <= '55') ||
    (lead >= '22' && lead <= '27') ||
    /^(3[0-9]|6[0-9]|50|56|57|58)$/.test(lead);
  return network && luhn(digits);
}

/** ISO 13616: the remainder of the rearranged number by 97 is one. */
export function isIban(text: string): boolean {
  const plain = text.replace(/\s/g, '').toUpperCase();
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(plain)) return false;
  let rest = 0;
  for (const c of plain.slice(4) + plain.slice(0, 4)) {
    const value = c >= 'A' ? String(c.charCodeAt(0) - 55) : c;
    for (const digit of value) rest = (rest * 10 + Number(digit)) % 97;
  }
  return rest === 1;
}

/** United States: no checksum, but whole ranges were never given out. */
export function isSsn(text: string): boolean {
  const [area = '', group = '', serial = ''] = text.split('-');
  return area !== '000' && area !== '666' && area < '900' && group !== '00' && serial !== '0000';
}

const brazil = (digits: readonly number[], length: number): number => {
  const rest =
    weighted(
      digits,
      Array.from({ length }, (_, i) => length + 1 - i),
    ) % 11;
  return rest < 2 ? 0 : 11 - rest;
};
export function isCpf(text: string): boolean {
  const d = digitsOf(text);
  return d.length === 11 && !same(d) && brazil(d, 9) === d[9] && brazil(d, 10) === d[10];
}

const validDay = (month: number, day: number) => month >= 1 && month <= 12 && day >= 1 && day <= 31;

/** Poland: the month says the century, the last digit checks. */
export function isPesel(text: string): boolean {
  const d = digitsOf(text);
  const month = ((d[2] ?? 0) * 10 + (d[3] ?? 0)) % 20;
  if (d.length !== 11 || !validDay(month, (d[4] ?? 0) * 10 + (d[5] ?? 0))) return false;
  return (10 - (weighted(d, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === d[10];
}

const dniLetters = 'TRWAGMYFPDXBNJZSQVHLCKE';
/** Spain: DNI, and NIE with its leading letter. */
export function isDni(text: string): boolean {
  const plain = text.toUpperCase().replace(/-/g, '');
  const number = Number(plain.slice(0, -1).replace('X', '0').replace('Y', '1').replace('Z', '2'));
  return /^[XYZ\d]\d{7}[A-Z]$/.test(plain) && dniLetters[number % 23] === plain.at(-1);
}

/** France: the key is 97 less the remainder; Corsica writes letters. */
export function isNir(text: string): boolean {
  const plain = text.replace(/\s/g, '').toUpperCase().replace('2A', '19').replace('2B', '18');
  if (!/^[1-478]\d{14}$/.test(plain)) return false;
  const month = Number(plain.slice(3, 5));
  if (month === 0 || (month > 12 && month < 20) || month > 99) return false;
  return 97 - Number(BigInt(plain.slice(0, 13)) % 97n) === Number(plain.slice(13));
}

const verhoeffD = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const verhoeffP = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
];
/** India, written in its groups of four. */
export function isAadhaar(text: string): boolean {
  const d = digitsOf(text).toReversed();
  if (d.length !== 12 || (d.at(-1) ?? 0) < 2) return false;
  let check = 0;
  d.forEach((digit, i) => {
    check = Number(verhoeffD[check]?.[Number(verhoeffP[i % 8]?.[digit])]);
  });
  return check === 0;
}

/** United Kingdom, written in its groups of three, three and four. */
export function isNhs(text: string): boolean {
  const d = digitsOf(text);
  const check = 11 - (weighted(d, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11);
  return d.length === 10 && check !== 10 && (check === 11 ? 0 : check) === d[9];
}

/** Sweden and its neighbours' form: six, a sign, four. */
export function isPersonnummer(text: string): boolean {
  const d = digitsOf(text).slice(-10);
  const [month, day] = [(d[2] ?? 0) * 10 + (d[3] ?? 0), (d[4] ?? 0) * 10 + (d[5] ?? 0)];
  return d.length === 10 && validDay(month, day > 60 ? day - 60 : day) && luhn(d);
}

const oddValues: Record<string, number> = {
  0: 1,
  1: 0,
  2: 5,
  3: 7,
  4: 9,
  5: 13,
  6: 15,
  7: 17,
  8: 19,
  9: 21,
  A: 1,
  B: 0,
  C: 5,
  D: 7,
  E: 9,
  F: 13,
  G: 15,
  H: 17,
  I: 19,
  J: 21,
  K: 2,
  L: 4,
  M: 18,
  N: 20,
  O: 11,
  P: 3,
  Q: 6,
  R: 8,
  S: 12,
  T: 14,
  U: 16,
  V: 10,
  W: 22,
  X: 25,
  Y: 24,
  Z: 23,
};
/** Italy. */
export function isCodiceFiscale(text: string): boolean {
  const plain = text.toUpperCase();
  let sum = 0;
  for (let i = 0; i < 15; i++) {
    const c = plain[i] ?? '';
    sum += i % 2 === 0 ? (oddValues[c] ?? 0) : c >= 'A' ? c.charCodeAt(0) - 65 : Number(c);
  }
  return String.fromCharCode(65 + (sum % 26)) === plain[15];
}
