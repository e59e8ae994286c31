import { createContext, Script } from 'node:vm';

/** What it takes to find out is more than a caller may have of the one thread that answers everybody. */
export class SlowPattern extends Error {}

const budgetMs = 100;

/** One repetition of single characters costs no more than the text is long; groups multiply. */
const isPlain = (source: string): boolean =>
  !/[*+?{]/.test(source) || (!source.includes('(') && (source.match(/[*+?{]/g)?.length ?? 0) <= 2);

/**
 * A pattern from a caller, anchored at both ends. Where those who invented the query language match in linear time, this
 * engine tries every way, and a short pattern can have more of them than anybody can wait for: it is stopped, once for all
 * texts together. Throws a `SyntaxError` for what is no pattern.
 */
export function boundedPattern(source: string): (text: string) => boolean {
  const pattern = new RegExp(`^(?:${source})$`, 's');
  if (isPlain(source)) return text => pattern.test(text);
  const sandbox = createContext({ pattern, text: '' });
  const script = new Script('pattern.test(text)');
  const known = new Map<string, boolean>();
  let left = budgetMs;
  return text => {
    const before = known.get(text);
    if (before !== undefined) return before;
    if (left <= 0) throw new SlowPattern();
    const began = performance.now();
    sandbox.text = text;
    try {
      const found = script.runInContext(sandbox, { timeout: Math.max(1, Math.ceil(left)) }) as boolean;
      left -= performance.now() - began;
      known.set(text, found);
      return found;
    } catch {
      left = 0;
      throw new SlowPattern();
    }
  };
}
