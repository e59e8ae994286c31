import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { brokenLaws, edgeDrift, edgesOf, snapshotFile } from './imports.ts';
import { orphanedItems } from './markup.ts';
import { checkVocabulary } from './vocabulary.ts';

const file = (path: string, text = 'export {};') => ({ path, text });
const broken = (path: string, text: string) => brokenLaws([file(path, text)]);

describe('import law: each is seen to refuse, and its innocent twin to pass', () => {
  it.each([
    [
      'kernel → system',
      'server/kernel/db/x.ts',
      "import { a } from '#server/federation/tenants/service.ts';",
      "import { a } from '#kernel/ids/ids.ts';",
    ],
    [
      'system → another’s store',
      'server/federation/tenants/service.ts',
      "import { a } from '#server/federation/regions/store.ts';",
      "import { a } from '#server/federation/regions/service.ts';",
    ],
    [
      'system → root',
      'server/federation/tenants/service.ts',
      "import { appRouter } from '../../root.ts';",
      "import { a } from './store.ts';",
    ],
    [
      'system → the simulated world',
      'server/governance/risk/service.ts',
      "import { loadWorld } from '#server/world/state.ts';",
      "import { a } from './gateway.simulated.ts';",
    ],
    [
      'a gateway that does not say it is simulated → the world',
      'server/governance/risk/gateway.real.ts',
      "import { loadWorld } from '#server/world/state.ts';",
      "import { a } from './schema.ts';",
    ],
    [
      'SQL outside the store',
      'server/federation/tenants/service.ts',
      "import { sql } from 'kysely';",
      "import type { Kysely } from 'kysely';",
    ],
    [
      'page → system',
      'app/x/page.tsx',
      "import { a } from '#server/federation/tenants/service.ts';",
      "import { a } from '#components/ui/button.tsx';",
    ],
    [
      'component → service',
      'components/federation/tenants/x.tsx',
      "import { a } from '#server/federation/tenants/service.ts';",
      "import { a } from '#server/federation/tenants/schema.ts';",
    ],
    [
      'component type is fine, value is not',
      'components/federation/tenants/x.tsx',
      "import { appRouter } from '#server/root.ts';",
      "import type { AppRouter } from '#server/root.ts';",
    ],
    [
      'kit → system',
      'components/ui/x.tsx',
      "import { a } from '#components/federation/tenants/tenant-state.tsx';",
      "import { a } from './cn.ts';",
    ],
    [
      'component → page',
      'components/console/x.tsx',
      "import { a } from '../../app/x/page.tsx';",
      "import { a } from './time.tsx';",
    ],
    [
      'worker → store',
      'workers/x.ts',
      "import { a } from '#server/platform/jobs/store.ts';",
      "import { a } from '#server/platform/alerts/jobs.ts';",
    ],
    [
      'next in a system',
      'server/platform/jobs/service.ts',
      "import { headers } from 'next/headers';",
      "import { a } from './rules.ts';",
    ],
    [
      'router → gateway',
      'server/platform/environment/router.ts',
      "import { a } from './gateway.real.ts';",
      "import { a } from './service.ts';",
    ],
    [
      'dynamic import',
      'server/kernel/x.ts',
      "const a = await import('#server/root.ts');",
      "const a = await import('#kernel/ids/ids.ts');",
    ],
    [
      're-export',
      'components/ui/x.tsx',
      "export { a } from '#server/federation/tenants/schema.ts';",
      "export { a } from './cn.ts';",
    ],
    [
      'rules → store',
      'server/federation/tenants/rules.ts',
      "import { a } from './store.ts';",
      "import type { A } from './store.ts';",
    ],
    [
      'rules that read files',
      'server/federation/tenants/rules.ts',
      "import { readFileSync } from 'node:fs';",
      "import { createHash } from 'node:crypto';",
    ],
    [
      'schema that browsers cannot read',
      'server/federation/tenants/schema.ts',
      "import { createHash } from 'node:crypto';",
      "import { z } from 'zod';",
    ],
    [
      'router → store',
      'server/federation/tenants/router.ts',
      "import { a } from './store.ts';",
      "import { a } from './service.ts';",
    ],
    [
      'process.env',
      'server/platform/jobs/service.ts',
      'export const a = process.env.X;',
      'export const a = 1;',
    ],
  ])('%s', (_what, path, wrong, right) => {
    expect(broken(path, wrong).length).toBeGreaterThan(0);
    expect(broken(path, right)).toEqual([]);
  });

  it('finds systems that import each other', () => {
    const files = [
      file('server/federation/a/service.ts', "import { b } from '#server/federation/b/service.ts';"),
      file('server/federation/b/service.ts', "import { a } from '#server/federation/a/service.ts';"),
    ];
    expect(edgesOf(files)).toEqual(['federation/a -> federation/b', 'federation/b -> federation/a']);
    expect(brokenLaws(files).join()).toContain('import each other');
    expect(brokenLaws(files.slice(0, 1))).toEqual([]);
  });

  it('shows a new edge between systems, and one that is gone', () => {
    const root = mkdtempSync(join(tmpdir(), 'atom-edges-'));
    mkdirSync(join(root, 'server'));
    const one = [
      file('server/federation/a/service.ts', "import { b } from '#server/federation/b/service.ts';"),
    ];
    expect(edgeDrift(root, one)).toEqual([expect.stringContaining('new edge federation/a -> federation/b')]);
    writeFileSync(join(root, snapshotFile), 'federation/a -> federation/b\n');
    expect(edgeDrift(root, one)).toEqual([]);
    expect(edgeDrift(root, [])).toEqual([expect.stringContaining('federation/a -> federation/b is gone')]);
    rmSync(root, { recursive: true });
  });

  it('finds what a fresh clone would load before it is generated', () => {
    const start = (text: string) =>
      brokenLaws([
        file('scripts/supervisor/main.ts', text),
        file('server/kernel/db/dsn.ts', "import { database } from './database.ts';"),
        file('server/kernel/db/database.ts', "import { PrismaClient } from './generated/client.ts';"),
      ]);
    expect(start("import { dsn } from '#kernel/db/dsn.ts';")).toEqual([
      'scripts/supervisor/main.ts → server/kernel/db/dsn.ts → server/kernel/db/database.ts → server/kernel/db/generated/client.ts: runs before the database client is generated',
    ]);
    expect(start("import type { Dsn } from '#kernel/db/dsn.ts';")).toEqual([]);
    expect(start("const { dsn } = await import('#kernel/db/dsn.ts');")).toEqual([]);
  });

  it('finds what every visitor of a page would carry', () => {
    const page = (text: string) =>
      brokenLaws([
        file('app/(console)/a/page.tsx', "import { A } from '#components/federation/a/a.tsx';"),
        file('components/federation/a/a.tsx', text),
        file('server/federation/a/schema.ts', "import { z } from 'zod';"),
      ]);
    expect(page("import { input } from '#server/federation/a/schema.ts';")).toEqual([
      expect.stringContaining(
        'components/federation/a/a.tsx → server/federation/a/schema.ts → zod: is loaded before a page shows',
      ),
    ]);
    expect(page("import type { Input } from '#server/federation/a/schema.ts';")).toEqual([]);
    expect(page("const { input } = await import('#server/federation/a/schema.ts');")).toEqual([]);
  });

  it('leaves tests alone', () => {
    expect(broken('server/kernel/x.test.ts', "import { a } from '#server/root.ts';")).toEqual([]);
  });
});

describe('file vocabulary', () => {
  const errors = (path: string, text = '') => checkVocabulary([file(path, text)]).errors;
  it.each([
    ['server/federation/tenants/manager.ts', 'server/federation/tenants/service.ts'],
    ['server/kernel/utils.ts', 'server/kernel/ids.ts'],
    ['components/ui/index.ts', 'components/ui/button.tsx'],
    ['components/common/button.tsx', 'components/console/button.tsx'],
    ['server/kernel/db/MyFile.ts', 'server/kernel/db/my-file.ts'],
  ])('%s is refused, %s is not', (wrong, right) => {
    expect(errors(wrong).length).toBeGreaterThan(0);
    expect(errors(right)).toEqual([]);
  });
  it('holds files and pages to their size', () => {
    expect(errors('server/kernel/long.ts', '\n'.repeat(401)).length).toBe(1);
    expect(errors('server/kernel/long.test.ts', '\n'.repeat(401))).toEqual([]);
    expect(errors('app/x/page.tsx', '\n'.repeat(45)).length).toBe(1);
    expect(checkVocabulary([file('server/kernel/x.ts', '\n'.repeat(300))]).warnings.length).toBe(1);
  });
  it('wants the permissions of a router declared', () => {
    expect(errors('server/federation/x/router.ts').join()).toContain('policy.ts');
    expect(
      checkVocabulary([file('server/federation/x/router.ts'), file('server/federation/x/policy.ts')]).errors,
    ).toEqual([]);
  });
});

describe('lists and tables stay such', () => {
  const items = (text: string) => orphanedItems([file('components/x/y.tsx', text)]);

  it.each(['ul', 'ol', 'tbody', 'li'])('a role takes the %s away', tag => {
    expect(items(`<div>\n<${tag} onClick={() => go()}\n  role="status"\n>`)).toEqual([
      `components/x/y.tsx:2: <${tag}> with a role of its own; put the role on an element around it`,
    ]);
  });

  it('lets the role stand around it, and a list be called one', () => {
    expect(items('<div role="status"><ul><li>a</li></ul></div><ul role="list"><li>a</li></ul>')).toEqual([]);
  });
});
