import { boundedPattern } from '#kernel/http/bounded-pattern.ts';

/**
 * Which regions a query means. Each region's own server may not know the label `region` (it is what tells servers apart), so
 * matchers on it are taken out of the query and answered here, as a federating server has to.
 */
export interface ForRegions {
  query: string;
  holds(region: string): boolean;
}

interface Matcher {
  operator: string;
  value: string;
}

export class QueryError extends Error {}

const matcher =
  /^\s*(?:"([^"\\]*)"|([a-zA-Z_:][a-zA-Z0-9_:.]*))\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)\s*(?:,|$)/s;
const bareName = /^\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/s;

export function forRegions(query: string): ForRegions {
  const found: Matcher[][] = [];
  let text = '';
  let at = 0;
  while (at < query.length) {
    const c = query[at] ?? '';
    if (c === '"' || c === "'" || c === '`') {
      const end = closing(query, at);
      text += query.slice(at, end);
      at = end;
    } else if (c === '#') {
      const end = query.indexOf('\n', at);
      at = end === -1 ? query.length : end;
    } else if (c === '{') {
      const end = closingBrace(query, at);
      const { kept, regions } = split(query.slice(at + 1, end - 1));
      found.push(regions);
      const named = /[a-zA-Z0-9_:]\s*$/.test(text);
      text += kept.length === 0 && !named ? '{__name__!=""}' : `{${kept.join(',')}}`;
      at = end;
    } else {
      text += c;
      at++;
    }
  }
  const constrained = found.filter(list => list.length > 0);
  const said = new Set(constrained.map(list => JSON.stringify(list)));
  if (said.size > 1 || (said.size === 1 && constrained.length < found.length))
    throw new QueryError(
      'Its selectors name different regions. Each region is asked by itself: name the same regions in all of them.',
    );
  const tests = (constrained[0] ?? []).map(testOf);
  return { query: text, holds: region => tests.every(test => test(region)) };
}

function split(inside: string): { kept: string[]; regions: Matcher[] } {
  const kept: string[] = [];
  const regions: Matcher[] = [];
  let rest = inside;
  while (rest.trim() !== '') {
    const found = matcher.exec(rest) ?? bareName.exec(rest);
    if (!found) throw new QueryError(`Not a label matcher: ${rest.trim().slice(0, 60)}`);
    const name = found[1] ?? found[2];
    if (name === 'region' && found[3] !== undefined)
      regions.push({ operator: found[3], value: unquoted(found[4] ?? '') });
    else kept.push(found[0].trim().replace(/,$/, '').trim());
    rest = rest.slice(found[0].length);
  }
  return { kept, regions };
}

function closing(query: string, from: number): number {
  const quote = query[from];
  for (let i = from + 1; i < query.length; i++) {
    if (query[i] === '\\' && quote !== '`') i++;
    else if (query[i] === quote) return i + 1;
  }
  throw new QueryError('A quoted text is never closed.');
}

function closingBrace(query: string, from: number): number {
  for (let i = from + 1; i < query.length; i++) {
    const c = query[i];
    if (c === '"' || c === "'" || c === '`') i = closing(query, i) - 1;
    else if (c === '}') return i + 1;
  }
  throw new QueryError('A brace is never closed.');
}

const unquoted = (text: string): string =>
  text.startsWith('`') ? text.slice(1, -1) : text.slice(1, -1).replace(/\\(.)/gs, '$1');

function testOf({ operator, value }: Matcher): (region: string) => boolean {
  if (operator === '=') return region => region === value;
  if (operator === '!=') return region => region !== value;
  let matches: (text: string) => boolean;
  try {
    matches = boundedPattern(value);
  } catch {
    throw new QueryError(`Not a regular expression: ${value.slice(0, 60)}`);
  }
  return region => {
    try {
      return matches(region) === (operator === '=~');
    } catch {
      throw new QueryError(`This regular expression takes too long: ${value.slice(0, 60)}`);
    }
  };
}

/** An aggregation answers for one region each time: whoever reads several figures must know that none is the sum. */
export const aggregates = (query: string): boolean =>
  /\b(sum|avg|min|max|count|stddev|stdvar|topk|bottomk|quantile|group|count_values)\b\s*(by|without)?\s*\(/.test(
    query.replace(/"(?:[^"\\]|\\.)*"/g, '""'),
  );

/** Unix seconds, or RFC 3339. */
export function parseTime(text: string): number | null {
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return Number(text);
  const at = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : at / 1000;
}

const units: Record<string, number> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** Seconds, or a duration as Prometheus writes it: `1h30m`, `15s`, `500ms`. */
export function parseDuration(text: string): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  if (!/^(\d+(ms|[smhdwy]))+$/.test(text)) return null;
  let sum = 0;
  for (const [, n, unit] of text.matchAll(/(\d+)(ms|[smhdwy])/g)) sum += Number(n) * (units[unit ?? ''] ?? 0);
  return sum;
}
