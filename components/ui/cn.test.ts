import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { twMerge } from 'tailwind-merge';
import { expect, it } from 'vitest';
import { cn } from './cn.ts';

const root = join(import.meta.dirname, '..', '..');

/** Every word in a string of the pages that the library takes for a class. */
function classesInUse(): string[] {
  const words = new Set<string>();
  for (const file of globSync('{app,components}/**/*.tsx', { cwd: root }))
    for (const [, , text = ''] of readFileSync(join(root, file), 'utf8').matchAll(
      /(['"`])((?:(?!\1)[^\n])*)\1/g,
    ))
      for (const word of text.split(/\s+/)) if (word) words.add(word);
  return [...words].filter(word => twMerge(word, word) === word);
}

it('decides as the whole library does between any two classes that pages use', () => {
  const classes = classesInUse();
  expect(classes.length).toBeGreaterThan(300);
  const other = classes.flatMap(a =>
    classes.flatMap(b => {
      const [ours, theirs] = [cn(a, b), twMerge(a, b)];
      return a === b || ours === theirs ? [] : [`${a} and ${b}: "${ours}", but "${theirs}"`];
    }),
  );
  expect(other).toEqual([]);
});
