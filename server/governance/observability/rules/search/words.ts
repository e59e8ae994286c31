/** Words as people search them: camelCase and snake_case fall apart, tokens of redaction stay whole. */
export function wordsOf(text: string): string[] {
  const found: string[] = [];
  for (const [part] of text.matchAll(/<[a-z]+:[\w-]{38,}>|[\p{L}\p{N}]+/gu)) {
    if (part.startsWith('<')) {
      found.push(part);
      continue;
    }
    const split = part
      .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
      .toLowerCase()
      .split(' ');
    for (const word of split) found.push(stem(word));
  }
  return found;
}

/** Endings that do not change what is meant; crude, and the same for query and text. */
function stem(word: string): string {
  if (word.length < 5 || /\d/.test(word)) return word;
  for (const [ending, by] of [
    ['ations', 'ate'],
    ['ation', 'ate'],
    ['ies', 'y'],
    ['ing', ''],
    ['ed', ''],
    ['es', ''],
    ['s', ''],
  ] as const)
    if (word.endsWith(ending) && word.length - ending.length >= 3) return word.slice(0, -ending.length) + by;
  return word;
}
