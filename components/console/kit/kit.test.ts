import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';

const kit = 'components/console/kit';
const tsx = (dir: string) =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map(path => join(dir, path).replaceAll('\\', '/'))
    .filter(path => path.endsWith('.tsx'));

/** What has no look of its own, or is seen as a part of what is shown. */
const elsewhere = new Set([
  'TooltipProvider',
  'ShortcutListener',
  'Toolbar',
  'SearchBox',
  'ViewMenu',
  'Header',
  'TableRow',
  'SkeletonRow',
  'Rows',
  'VirtualRows',
  'BulkBar',
]);

const shown = tsx(kit)
  .map(path => readFileSync(path, 'utf8'))
  .join('\n');
const components = [...tsx('components/ui'), ...tsx('components/console')]
  .filter(path => !path.startsWith(kit))
  .flatMap(path =>
    [...readFileSync(path, 'utf8').matchAll(/^export (?:default )?(?:function|const) ([A-Z]\w*)/gm)].map(
      ([, name = '']) => [name, basename(path)] as const,
    ),
  )
  .filter(([name]) => !elsewhere.has(name));

it('finds the components', () => {
  expect(components.map(([name]) => name)).toEqual(
    expect.arrayContaining(['Button', 'EmptyState', 'TimeSeries']),
  );
});

it.each(components)('%s of %s is on the kit page', name => {
  expect(shown).toMatch(new RegExp(`<${name}\\b`));
});
