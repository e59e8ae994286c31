import { isPublicAddress } from '#kernel/http/address-ranges.ts';
import {
  isAadhaar,
  isCard,
  isCodiceFiscale,
  isCpf,
  isDni,
  isIban,
  isNhs,
  isNir,
  isPersonnummer,
  isPesel,
  isSsn,
} from './checksums.ts';

export const kinds = [
  'email',
  'name',
  'phone',
  'birth',
  'address',
  'card',
  'iban',
  'national',
  'ip',
  'bearer',
  'key',
  'secret',
] as const;
export type Kind = (typeof kinds)[number];

/** Makes the token that stands for a value; the same value of the same tenant gives the same token. */
export type TokenOf = (kind: Kind, value: string) => string;

export interface Rules {
  /** Public addresses of the internet are kept where the tenant's policy lets them be used. */
  keepAddresses: boolean;
}

export const tokenShape = new RegExp(`<(?:${kinds.join('|')}):[\\w-]{38,}>`, 'g');

interface Shape {
  kind: Kind;
  /** Cheap: whether the text may hold one at all. */
  hint: RegExp;
  find: RegExp;
  /** Which capturing group is the value; 0 = all of it. */
  group?: number;
  proves?(text: string): boolean;
}

const digits = /\d[\d -]{7,}\d/;
const shapes: readonly Shape[] = [
  {
    kind: 'key',
    hint: /-----BEGIN/,
    find: /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
  },
  { kind: 'bearer', hint: /eyJ/, find: /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){1,3}/g },
  {
    kind: 'bearer',
    hint: /bearer|basic|digest/i,
    find: /\b(?:bearer|basic)[\s:=]+([\w.~+/=-]{8,})/gi,
    group: 1,
  },
  {
    kind: 'secret',
    hint: /:\/\/[^/\s]*@/,
    find: /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:([^\s@/]+)@/gi,
    group: 1,
  },
  {
    kind: 'key',
    hint: /AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|sk[-_]|rk_|pk_|xox|AIza|atom_|hf_|npm_|SG\.|dop_v1_|shpat_|ya29\.|AccountKey|hvs\./,
    find: /\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{18,}|(?:sk|rk|pk)[-_](?:[a-z]+[-_])*[A-Za-z0-9_-]{16,}|xox[abeoprs]-[\w-]{10,}|AIza[\w-]{35}|atom_[a-z]{2,8}_[\w-]{16,}|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{36}|SG\.[\w-]{16,}\.[\w-]{16,}|dop_v1_[0-9a-f]{64}|shpat_[0-9a-f]{32}|ya29\.[\w-]{20,}|hvs\.[\w-]{20,})/g,
  },
  {
    kind: 'secret',
    hint: /pass|secret|token|key|pwd|credential|authorization|cookie|otp/i,
    find: /\b(?:[\w-]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|access[-_]?key|account[-_]?key|private[-_]?key|credentials?|authorization|otp|cookie))["']?\s*(?:=|:|=>)\s*(?:"([^"]{3,})"|'([^']{3,})'|(?!<)([^\s"'<>,;&)}\]]{3,}))/gi,
    group: 1,
  },
  { kind: 'email', hint: /@|%40/, find: /[\p{L}\p{N}._%+'-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu },
  {
    kind: 'iban',
    hint: /[A-Za-z]{2}\d{2}/,
    find: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/gi,
    proves: isIban,
  },
  {
    kind: 'national',
    hint: /[A-Za-z]{6}\d/,
    find: /\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b/gi,
    proves: isCodiceFiscale,
  },
  { kind: 'national', hint: /\d{7}-?[A-Za-z]/, find: /\b[XYZ\d]-?\d{7}-?[A-Z]\b/gi, proves: isDni },
  {
    kind: 'national',
    hint: /\d \d|\d{15}/,
    find: /\b[1-478] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}\b/gi,
    proves: isNir,
  },
  { kind: 'card', hint: digits, find: /(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d-]|\.\d)/g, proves: isCard },
  { kind: 'national', hint: /\d{3}-\d{2}-/, find: /(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])/g, proves: isSsn },
  {
    kind: 'national',
    hint: /\d{3}\.\d{3}\.|\d{11}/,
    find: /(?<![\d.])(?:\d{3}\.\d{3}\.\d{3}-\d{2}|\d{11})(?!\d|\.\d)/g,
    proves: text => isCpf(text) || (!text.includes('.') && isPesel(text)),
  },
  {
    kind: 'national',
    hint: /\d{4} \d{4}/,
    find: /(?<!\d)\d{4}[ -]\d{4}[ -]\d{4}(?![\d-]| \d)/g,
    proves: isAadhaar,
  },
  { kind: 'national', hint: /\d{3} \d{3}/, find: /(?<!\d)\d{3} \d{3} \d{4}(?!\d)/g, proves: isNhs },
  {
    kind: 'national',
    hint: /\d{6}[-+]/,
    find: /(?<!\d)(?:\d{2})?\d{6}[-+]\d{4}(?!\d)/g,
    proves: isPersonnummer,
  },
];

const addresses: readonly Shape[] = [
  {
    kind: 'ip',
    hint: /\d\.\d/,
    find: /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d]|\.\d)/g,
    proves: isPublicAddress,
  },
  {
    kind: 'ip',
    hint: /:[0-9a-f]*:/i,
    find: /(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/gi,
    proves: isPublicAddress,
  },
];

const secretField =
  /pass(word|phrase)?$|passwd|pwd$|secret|(^|[_.-])token$|(auth|access|refresh|id|session|csrf)[_-]?token|api[-_]?key|access[-_]?key|authorization|cookie|private[-_]?key|credential|otp$|totp|dsn$|connection[-_]?string|session[-_]?id/i;
const personField: readonly [RegExp, Kind][] = [
  [
    /(^|[._-])(full|first|last|given|family|middle|maiden|display|customer|client|patient|person|contact|card[_-]?holder|cardholder|user|account[_-]?holder|recipient|sender|owner|employee)[._-]?names?$|^(firstname|lastname|surname|fullname|username|display_name)$|(^|[._-])(surname|nickname)$/i,
    'name',
  ],
  [/(^|[._-])(phone|mobile|tel|telephone|msisdn|fax)([._-]?(number|no|nr))?$|phone[_-]?number/i, 'phone'],
  [/(^|[._-])(dob|birth[._-]?date|date[._-]?of[._-]?birth|birthday)$/i, 'birth'],
  [
    /(^|[._-])(street|postal[._-]?address|home[._-]?address|billing[._-]?address|shipping[._-]?address|address[._-]?line[._-]?\d?)$/i,
    'address',
  ],
  [
    /(^|[._-])(ssn|tax[._-]?id|national[._-]?id|passport([._-]?(number|no))?|social[._-]?security([._-]?number)?|driver[s']?[._-]?licen[cs]e)$/i,
    'national',
  ],
];

export interface Redactor {
  text(text: string): string;
  value(value: unknown): unknown;
}

/**
 * The one redactor at ingress. Field names decide first, then shapes that prove themselves. What was replaced already
 * stays as it is, so that passing twice changes nothing.
 */
export function createRedactor(tokenOf: TokenOf, rules: Rules): Redactor {
  const wanted = rules.keepAddresses ? shapes : [...shapes, ...addresses];

  const bare = (given: string): string => {
    let out = given;
    for (const shape of wanted)
      if (shape.hint.test(out)) out = around(out, part => replaced(part, shape, tokenOf));
    return out;
  };
  // Names of events, services and fields come again and again.
  const seen = new Map<string, string>();
  const text = (given: string): string => {
    if (given.length > 48) return around(given, bare);
    const known = seen.get(given);
    if (known !== undefined) return known;
    const made = around(given, bare);
    if (seen.size >= 2000) seen.clear();
    seen.set(given, made);
    return made;
  };

  const value = (given: unknown, field = ''): unknown => {
    if (typeof given === 'string') return inField(field, given) ?? text(given);
    if (typeof given === 'number') {
      const written = String(given);
      if (inField(field, written)) return inField(field, written);
      // A card number sent as a number is a card number still.
      const changed = Math.abs(given) >= 1e8 && Number.isInteger(given) ? text(written) : written;
      return changed === written ? given : changed;
    }
    if (Array.isArray(given)) return given.map(item => value(item, field));
    if (typeof given !== 'object' || given === null) return given;
    return Object.fromEntries(
      // What lies inside of a secret or personal field is of that kind, unless its own name says another one.
      Object.entries(given).map(([key, item]) => [
        text(key),
        value(item, kindOf(key) || !kindOf(field) ? key : field),
      ]),
    );
  };

  const fields = new Map<string, Kind | null>();
  const kindOf = (field: string): Kind | null => {
    const known = fields.get(field);
    if (known !== undefined) return known;
    const kind = secretField.test(field)
      ? 'secret'
      : (personField.find(([shape]) => shape.test(field))?.[1] ?? null);
    if (fields.size >= 2000) fields.clear();
    fields.set(field, kind);
    return kind;
  };
  const inField = (field: string, given: string): string | null => {
    if (field === '' || given === '' || isToken(given)) return null;
    const kind = kindOf(field);
    return kind ? tokenOf(kind, given) : null;
  };
  return { text, value: given => value(given) };
}

const isToken = (text: string) => text.replace(tokenShape, '') === '' && text !== '';

/** Looks between tokens, never into them. */
function around(text: string, change: (part: string) => string): string {
  if (!text.includes('<')) return change(text);
  let out = '';
  let at = 0;
  for (const match of text.matchAll(tokenShape)) {
    out += change(text.slice(at, match.index)) + match[0];
    at = match.index + match[0].length;
  }
  return out + change(text.slice(at));
}

function replaced(text: string, { kind, find, group = 0, proves }: Shape, tokenOf: TokenOf): string {
  return text.replace(find, (whole: string, ...groups: unknown[]) => {
    const found =
      group === 0 ? whole : groups.slice(0, 3).find((g): g is string => typeof g === 'string' && g !== '');
    if (found === undefined || (proves && !proves(found))) return whole;
    if (group === 0) return tokenOf(kind, found);
    const at = whole.lastIndexOf(found);
    return whole.slice(0, at) + tokenOf(kind, found) + whole.slice(at + found.length);
  });
}
