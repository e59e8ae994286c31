import { boundedPattern } from '#kernel/http/bounded-pattern.ts';

/** `name{label="value",…}`, optionally under `sum|avg|min|max|count [by (…)]`: what dashboards of the console ask. */
export interface Selector {
  name: string | null;
  matchers: Matcher[];
  aggregate: { of: Aggregation; by: string[] } | null;
}
export const aggregations = ['sum', 'avg', 'min', 'max', 'count'] as const;
export type Aggregation = (typeof aggregations)[number];

interface Matcher {
  label: string;
  holds(value: string): boolean;
}

export class SelectorError extends Error {}

const outer = /^\s*(sum|avg|min|max|count)\s*(?:by\s*\(([^)]*)\))?\s*\((.*)\)\s*(?:by\s*\(([^)]*)\))?\s*$/s;
const plain = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*(?:\{(.*)\})?\s*$/s;
const matcher = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/s;

export function parseSelector(query: string): Selector {
  const around = outer.exec(query);
  if (around) {
    const inner = parseSelector(around[3] ?? '');
    if (inner.aggregate) throw new SelectorError('an aggregation of an aggregation is not offered here');
    const by = (around[2] ?? around[4] ?? '')
      .split(',')
      .map(label => label.trim())
      .filter(Boolean);
    return { ...inner, aggregate: { of: around[1] as Aggregation, by } };
  }
  const found = plain.exec(query);
  if (!found || (found[1] === undefined && found[2] === undefined))
    throw new SelectorError(`not a selector this simulated server understands: ${query.slice(0, 80)}`);
  const matchers: Matcher[] = [];
  let rest = (found[2] ?? '').trim();
  while (rest) {
    const next = matcher.exec(rest);
    if (!next) throw new SelectorError(`not a label matcher: ${rest.slice(0, 40)}`);
    matchers.push(matcherOf(next[1] ?? '', next[2] ?? '=', (next[3] ?? '').replace(/\\(.)/gs, '$1')));
    rest = rest.slice(next[0].length).trim();
  }
  return { name: found[1] ?? null, matchers, aggregate: null };
}

function matcherOf(label: string, operator: string, value: string): Matcher {
  if (operator === '=') return { label, holds: v => v === value };
  if (operator === '!=') return { label, holds: v => v !== value };
  const matches = anchored(value);
  return { label, holds: v => matches(v) === (operator === '=~') };
}

function anchored(value: string): (text: string) => boolean {
  const refused = (what: string) => new SelectorError(`${what}: ${value.slice(0, 40)}`);
  let matches: (text: string) => boolean;
  try {
    matches = boundedPattern(value);
  } catch {
    throw refused('not a regular expression');
  }
  return text => {
    try {
      return matches(text);
    } catch {
      throw refused('this regular expression takes too long');
    }
  };
}

export type Labels = Record<string, string>;

export const selects = (selector: Selector, labels: Labels): boolean =>
  (selector.name === null || selector.name === labels.__name__) &&
  selector.matchers.every(m => m.holds(labels[m.label] ?? ''));
