/**
 * Template mining in the way of Drain: lines are split into words, what is plainly a value is masked, and a line joins the
 * most similar template of its length and first words. Incremental, and bounded: when a tenant has as many templates as
 * may be kept, further lines join the nearest one or the catch-all of their event.
 */
export interface DrainLimits {
  /** How much of a line must agree with a template. */
  similarity: number;
  /** By how many first words templates are told apart. */
  depth: number;
  branches: number;
  templates: number;
  words: number;
}

export const usualDrain: DrainLimits = {
  similarity: 0.55,
  depth: 1,
  branches: 64,
  templates: 2000,
  words: 60,
};

export interface Template {
  id: string;
  event: string;
  words: string[];
}

export interface Matched {
  template: Template;
  /** Nobody sent a line of this shape before. */
  created: boolean;
  /** The template lost a word that it had before. */
  widened: boolean;
}

export interface Miner {
  match(event: string, message: string | null): Matched;
  /** What was mined earlier, or elsewhere. */
  learn(templates: readonly Template[]): void;
  readonly size: number;
}

export const wildcard = '<*>';

const masks: readonly [RegExp, string][] = [
  [/<(email|name|phone|birth|address|card|iban|national|ip|bearer|key|secret):[\w-]{38,}>/g, '<$1>'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?\b/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b(?:0x)?(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{6,}\b/gi, '<id>'],
  [/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b/g, '<host>'],
  [/(?<![\w<])[-+]?\d+(?:[.,]\d+)*(?=$|[\s,;:)\]}%"'=/]|ms\b|s\b|[kKMGT]i?B\b)/g, '<num>'],
];

export function maskedWords(message: string, most: number): string[] {
  let text = message.length > 4000 ? message.slice(0, 4000) : message;
  for (const [shape, by] of masks) text = text.replace(shape, by);
  const words = text.split(/\s+/).filter(Boolean);
  const kept = words.length > most ? [...words.slice(0, most), wildcard] : words;
  return kept.map(word => (word.length > 80 ? wildcard : isValue(word) ? wildcard : word));
}

/** A word that is mostly digits, such as a path with an id, varies. */
function isValue(word: string): boolean {
  if (/^<\w+>$/.test(word)) return false;
  let digits = 0;
  for (const c of word) if (c >= '0' && c <= '9') digits += 1;
  return digits * 3 > word.length;
}

export const templateText = ({ words, event }: Template): string =>
  words.length > 0 ? words.join(' ') : event;

const variable = (word: string) => /^<.+>$/.test(word) || /\d/.test(word);

export function createMiner(
  idOf: (event: string, words: readonly string[]) => string,
  limits: DrainLimits = usualDrain,
): Miner {
  const leaves = new Map<string, Template[]>();
  const branches = new Map<string, Set<string>>();
  const ids = new Set<string>();

  /** Where a line's candidates lie: event, length, and its first words as far as they are words and not values. */
  const leafOf = (event: string, words: readonly string[]): string => {
    let path = `${event}\u0000${words.length}`;
    for (let i = 0; i < Math.min(limits.depth, words.length - 1); i++) {
      const word = words[i] ?? '';
      const known = branches.get(path) ?? new Set<string>();
      branches.set(path, known);
      const own = variable(word) || (!known.has(word) && known.size >= limits.branches) ? wildcard : word;
      known.add(own);
      path += `\u0000${own}`;
    }
    return path;
  };

  const add = (template: Template, path = leafOf(template.event, template.words)) => {
    if (ids.has(template.id)) return;
    ids.add(template.id);
    const leaf = leaves.get(path);
    if (leaf) leaf.push(template);
    else leaves.set(path, [template]);
  };

  return {
    get size() {
      return ids.size;
    },
    learn: templates => {
      for (const template of templates) add(template);
    },
    match: (event, message) => {
      const words = message === null ? [] : maskedWords(message, limits.words);
      const path = leafOf(event, words);
      const candidates = leaves.get(path) ?? [];
      let best: Template | undefined;
      let score = -1;
      for (const candidate of candidates) {
        const found = agreement(candidate.words, words);
        if (found > score) [best, score] = [candidate, found];
      }
      const full = ids.size >= limits.templates;
      if (best && (score >= limits.similarity || full))
        return { template: best, created: false, widened: widen(best, words) };
      const shape = full ? [wildcard] : words;
      const template: Template = { id: idOf(event, shape), event, words: [...shape] };
      const created = !ids.has(template.id);
      // Past the bound only catch-alls are added, one for each event, and no more of these than templates.
      if (created && (!full || ids.size < limits.templates * 2))
        add(template, full ? `${event}\u0000all` : path);
      return { template, created, widened: false };
    },
  };
}

/** The share of places that say the same; a place that varies agrees with anything, but weakly. */
function agreement(template: readonly string[], words: readonly string[]): number {
  if (template.length === 0) return 1;
  let same = 0;
  for (let i = 0; i < template.length; i++) if (template[i] === words[i]) same += 1;
  return same / template.length;
}

function widen(template: Template, words: readonly string[]): boolean {
  let widened = false;
  for (let i = 0; i < template.words.length; i++)
    if (template.words[i] !== words[i] && template.words[i] !== wildcard) {
      template.words[i] = wildcard;
      widened = true;
    }
  return widened;
}
