import { expect, it } from 'vitest';
import { systems } from '#server/systems.ts';
import { brokenLaws } from '../checks/imports.ts';
import { checkVocabulary } from '../checks/vocabulary.ts';
import { namesOf, refusal, systemFiles, withRouter } from './system.ts';

it('makes files that the checks accept', () => {
  const files = Object.entries(systemFiles(namesOf('federation/edge-routing', systems)))
    .filter(([path]) => path.endsWith('.ts'))
    .map(([path, text]) => ({ path, text }));
  expect(files.length).toBe(8);
  expect(checkVocabulary(files).errors).toEqual([]);
  expect(brokenLaws(files)).toEqual([]);
});

it('adds the router once, under its key', () => {
  const root = "import { a } from './x/router.ts';\nexport const appRouter = router({\n  a,\n});\n";
  expect(withRouter(root, namesOf('federation/replication', systems))).toBe(
    "import { a } from './x/router.ts';\nimport { replicationRouter } from './federation/replication/router.ts';\nexport const appRouter = router({\n  replication: replicationRouter,\n  a,\n});\n",
  );
});

it.each([
  ['', false, /Usage/],
  ['nowhere/x', false, /no area/],
  ['federation/unknown', false, /not in server\/systems.ts/],
  ['federation/tenants', true, /exists already/],
])('refuses "%s"', (wanted, exists, words) => {
  expect(refusal(wanted, systems, exists)).toMatch(words);
});
