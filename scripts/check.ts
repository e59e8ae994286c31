import { runChecks } from './checks/run.ts';
import { generateClient } from './supervisor/build.ts';

await generateClient();
const { passed, failed } = await runChecks(process.argv.includes('--write'));
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed > 0 ? 1 : 0);
