import type { Leak } from '../schema.ts';

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

/** Types whose values can hold text that somebody wrote. */
export const mayHoldText = (type: string): boolean => /text|char|json|xml|\[\]$/i.test(type);
