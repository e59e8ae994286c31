import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listMigrations } from '#kernel/db/migrations.ts';
import { systems } from '#server/systems.ts';
import { migrationStamp, namesOf, refusal, systemFiles, withRouter } from './scaffold/system.ts';

/** `npm run new:system -- area/slug`: a working system in the vocabulary, to be grown into the real one. */
const root = join(import.meta.dirname, '..');
const [wanted = ''] = process.argv.slice(2);
const folder = `server/${wanted}`;
const why = refusal(wanted, systems, existsSync(join(root, folder)));
if (why) {
  console.error(why);
  process.exit(2);
}
const names = namesOf(wanted, systems);
for (const [path, text] of Object.entries(systemFiles(names, migrationStamp(new Date(), listMigrations())))) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  console.log(path);
}
const rootFile = join(root, 'server/root.ts');
writeFileSync(rootFile, withRouter(readFileSync(rootFile, 'utf8'), names));
console.log(`server/root.ts\nNow: npm run check -- --write, npm run docs, npm run test:unit -- ${folder}`);
