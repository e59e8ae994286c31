import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { envExample, environmentDoc } from './docs/environment.ts';
import { permissionsDoc } from './docs/permissions.ts';
import { portsDoc } from './docs/ports.ts';

/** Documents that follow from the code: written by `npm run docs`, compared by `npm run check`. */
const root = join(import.meta.dirname, '..');
const documents: [path: string, make: () => string | Promise<string>][] = [
  ['.env.example', envExample],
  ['docs/environment.md', environmentDoc],
  ['docs/ports.md', portsDoc],
  ['docs/permissions.md', permissionsDoc],
];

const check = process.argv.includes('--check');
let drifted = 0;
for (const [path, make] of documents) {
  const wanted = await make();
  const full = join(root, path);
  const found = existsSync(full) ? readFileSync(full, 'utf8') : '';
  if (found === wanted) continue;
  drifted += 1;
  if (check) console.error(`${path} is not what the code says. Run: npm run docs`);
  else {
    writeFileSync(full, wanted);
    console.log(`${path} written`);
  }
}
process.exit(check && drifted > 0 ? 1 : 0);
