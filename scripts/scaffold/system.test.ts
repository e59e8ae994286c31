import { expect, it } from 'vitest';
import { systems } from '#server/systems.ts';
import { brokenLaws } from '../checks/imports.ts';
import { checkVocabulary } from '../checks/vocabulary.ts';
import { migrationStamp, namesOf, refusal, systemFiles, withRouter } from './system.ts';

it('makes files that the checks accept', () => {
  const files = Object.entries(systemFiles(namesOf('federation/edge-routing', systems), '20300101000000'))
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

it('names the migration after the newest one, also where the clock is behind', () => {
  const existing = ['20261121000100_kernel', '20261121000400_environment'];
  expect(migrationStamp(new Date('2020-01-01T00:00:00Z'), existing)).toBe('20261121000401');
  expect(migrationStamp(new Date('2030-01-02T03:04:05Z'), existing)).toBe('20300102030405');
});

it.each([
  ['', false, /Usage/],
  ['nowhere/x', false, /no area/],
  ['federation/unknown', false, /not in server\/systems.ts/],
  ['federation/tenants', true, /exists already/],
])('refuses "%s"', (wanted, exists, words) => {
  expect(refusal(wanted, systems, exists)).toMatch(words);
});
