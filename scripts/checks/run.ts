import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFiles } from './files.ts';
import { brokenLaws, edgeDrift, edgesOf, snapshotFile } from './imports.ts';
import { orphanedItems } from './markup.ts';
import { checkVocabulary } from './vocabulary.ts';

export const root = join(import.meta.dirname, '../..');

export interface Check {
  name: string;
  run(write: boolean): Promise<{ ok: boolean; output: string }>;
}

export function runTool(
  script: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ ok: boolean; output: string }> {
  return new Promise(resolve => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(root, script), ...args],
      { cwd: root, env: { ...process.env, FORCE_COLOR: '0', ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    child.stdout.on('data', data => {
      output += data;
    });
    child.stderr.on('data', data => {
      output += data;
    });
    child.on('exit', (code, signal) => {
      if (signal) output += `\nended by ${signal}`;
      resolve({ ok: code === 0, output });
    });
  });
}

const list = (problems: string[]) => ({ ok: problems.length === 0, output: problems.join('\n') });

/** Every static check, each counted as one test. */
export const checks: Check[] = [
  {
    name: 'format and lint (biome)',
    run: write =>
      runTool('node_modules/@biomejs/biome/bin/biome', [
        'check',
        ...(write ? ['--write'] : []),
        '--max-diagnostics=40',
        '.',
      ]),
  },
  {
    name: 'types (tsc, strict)',
    // Whole: the incremental state has been seen to keep errors of an earlier generated client.
    run: () =>
      runTool('node_modules/typescript/bin/tsc', [
        '--noEmit',
        '-p',
        '.',
        '--incremental',
        'false',
        '--pretty',
        'false',
      ]),
  },
  { name: 'import law', run: async () => list(brokenLaws(sourceFiles(root))) },
  {
    name: 'edges between systems',
    run: async write => {
      const files = sourceFiles(root);
      if (write) writeFileSync(join(root, snapshotFile), `${edgesOf(files).join('\n')}\n`);
      return list(edgeDrift(root, files));
    },
  },
  {
    name: 'file vocabulary and sizes',
    run: async () => {
      const { errors, warnings } = checkVocabulary(sourceFiles(root));
      return {
        ok: errors.length === 0,
        output: [...errors, ...warnings.map(w => `warning: ${w}`)].join('\n'),
      };
    },
  },
  { name: 'lists and tables stay such', run: async () => list(orphanedItems(sourceFiles(root))) },
  {
    name: 'every system has its README',
    run: async () =>
      list(
        systemFolders()
          .filter(dir => !existsSync(join(root, dir, 'README.md')))
          .map(dir => `${dir} has no README.md`),
      ),
  },
  {
    name: 'unused files, exports and packages (knip)',
    run: () => runTool('node_modules/knip/bin/knip.js', ['--no-progress']),
  },
  { name: 'generated documents', run: write => runTool('scripts/docs.ts', write ? [] : ['--check']) },
];

function systemFolders(): string[] {
  return ['federation', 'selfhost', 'policy', 'governance', 'intelligence', 'platform'].flatMap(area => {
    const dir = join(root, 'server', area);
    return existsSync(dir)
      ? readdirSync(dir, { withFileTypes: true })
          .filter(e => e.isDirectory())
          .map(e => `server/${area}/${e.name}`)
      : [];
  });
}

export async function runChecks(write: boolean): Promise<{ passed: number; failed: number }> {
  let passed = 0;
  let failed = 0;
  for (const check of checks) {
    const started = Date.now();
    const { ok, output } = await check.run(write);
    console.log(
      `${ok ? 'ok    ' : 'FAILED'} ${check.name} (${((Date.now() - started) / 1000).toFixed(1)} s)`,
    );
    if (ok) passed += 1;
    else {
      failed += 1;
      console.log(
        output
          .split('\n')
          .slice(0, 80)
          .map(line => `       ${line}`)
          .join('\n'),
      );
    }
  }
  return { passed, failed };
}
