import { writeSync } from 'node:fs';
import { type Database, openDatabase } from '#kernel/db/database.ts';
import { advanceExecution } from '#server/governance/actions/service/advance.ts';

/**
 * A worker that takes one execution further and says each moment after which something outlives it: within a transaction
 * whose work is done, and right after its commit. At the moment it is told it stands still for good; there it is killed.
 */
const [url = '', id = '', at = '', stopAt = ''] = process.argv.slice(2);
const raw = openDatabase(url);
let passed = 0;
const moment = (name: string) => {
  passed += 1;
  writeSync(1, `moment ${passed} ${name}\n`);
  // Nothing of this process runs any more, as if it had been killed in the middle of this line.
  if (String(passed) === stopAt) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};
const database: Database = {
  ...raw,
  write: async (scope, use) => {
    const result = await raw.write(scope, async tx => {
      const done = await use(tx);
      moment('within');
      return done;
    });
    moment('after');
    return result;
  },
};
await advanceExecution({ database, clock: { now: () => new Date(at) } }, id);
writeSync(1, 'rests\n');
await raw.close();
