import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface SourceFile {
  path: string;
  text: string;
}

const skipped =
  /(^|\/)(node_modules|\.next|\.atom|\.git|generated|reports|test-results|playwright-report)(\/|$)/;

/** Every TypeScript file of the tree, by path from its root. */
export function sourceFiles(root: string): SourceFile[] {
  const found: SourceFile[] = [];
  const visit = (dir: string) => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const full = join(dir, entry.name);
      const path = relative(root, full).replaceAll('\\', '/');
      if (skipped.test(path)) continue;
      if (entry.isDirectory()) visit(full);
      else if (/\.(ts|tsx|mts)$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
        found.push({ path, text: readFileSync(full, 'utf8') });
    }
  };
  visit(root);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export const isTest = (path: string): boolean =>
  /\.test\.tsx?$/.test(path) ||
  path.startsWith('scripts/testing/') ||
  path.startsWith('e2e/') ||
  path.startsWith('bench/');
