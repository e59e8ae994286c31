import type { Leak, Looked } from '../schema.ts';

/** What personal data looks like when nobody said where it is. Patterns of Postgres' own regular expressions. */
export const leakPatterns: {
  kind: Exclude<Leak['kind'], 'personal-column' | 'raw-value'>;
  pattern: string;
}[] = [
  { kind: 'e-mail', pattern: String.raw`[[:alnum:]._%+-]+@[[:alnum:]-]+(\.[[:alnum:]-]+)+` },
  { kind: 'telephone', pattern: String.raw`(^|[^[:alnum:]])\+[0-9][0-9 ()./-]{7,}[0-9]` },
  { kind: 'iban', pattern: '(^|[^[:alnum:]])[A-Z]{2}[0-9]{2}( ?[A-Z0-9]{4}){3,7}' },
  { kind: 'card', pattern: '(^|[^0-9])[3-6][0-9]{3}([ -]?[0-9]{4}){3}($|[^0-9])' },
];

/** What is shorter stands in many columns by chance, and names nobody. */
export const shortestValue = 4;

/** Types whose values can hold text that somebody wrote. */
export const mayHoldText = (type: string): boolean => /text|char|json|xml|\[\]$/i.test(type);

/** Chunks look for other values in the same columns: what each found is added up. */
export function mergedLeaks(known: readonly Leak[], found: readonly Leak[]): Leak[] {
  const merged = known.map(leak => ({ ...leak }));
  for (const leak of found) {
    const same = merged.find(
      one => one.table === leak.table && one.column === leak.column && one.kind === leak.kind,
    );
    if (!same) merged.push({ ...leak });
    else {
      same.rows += leak.rows;
      same.keys = [...same.keys, ...leak.keys].slice(0, 5);
    }
  }
  return merged;
}

export function mergedLooked(
  known: readonly Looked[],
  { of, ...found }: Omit<Looked, 'of'> & { of: number | null },
): Looked[] {
  const same = known.find(one => one.table === found.table && one.column === found.column);
  if (!same) return [...known, { ...found, of: of ?? found.values }];
  return known.map(one => (one === same ? { ...one, values: one.values + found.values } : one));
}
