import { generateClient } from './supervisor/build.ts';

await generateClient(); // a file can be verified on a fresh clone, where nothing was ever started
const { verbs } = await import('./verbs/catalogue.ts');

/** `npm run atom -- VERB`: works beside a running console, over the same database and the same commits. */
const words = process.argv.slice(2);
const verb = verbs.find(v => v.name.split(' ').every((word, i) => words[i] === word));

if (!verb) {
  console.error(
    `Usage: npm run atom -- VERB\n\n${verbs.map(v => `  ${v.usage.padEnd(32)} ${v.summary}`).join('\n')}`,
  );
  process.exit(words.length === 0 || words[0] === 'help' ? 0 : 2);
}

try {
  process.exit(await verb.run(words.slice(verb.name.split(' ').length)));
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  console.error(
    /ECONNREFUSED/.test(text) ? 'The database is not reachable. Start the console first (npm start).' : text,
  );
  process.exit(1);
}
