import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runChecks, runTool } from './checks/run.ts';
import { buildWeb, generateClient } from './supervisor/build.ts';

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numFailedTestSuites: number;
  testResults: { assertionResults: { status: string; fullName: string }[] }[];
}

const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : null;
const total: Count = { passed: 0, failed: 0, skipped: 0 };

async function step(name: string, run: () => Promise<Count>): Promise<void> {
  const started = Date.now();
  console.log(`\n== ${name}`);
  let count: Count;
  try {
    count = await run();
  } catch (error) {
    console.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    count = { passed: 0, failed: 1, skipped: 0 };
  }
  console.log(
    `-- ${name}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped (${((Date.now() - started) / 1000).toFixed(0)} s)`,
  );
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped += count.skipped;
}

const counted = (ok: boolean): Count => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 });

async function vitest(args: string[], name: string): Promise<Count> {
  const file = join(root, '.atom', `vitest-${name}.json`);
  rmSync(file, { force: true });
  const { ok, output } = await runTool('node_modules/vitest/vitest.mjs', [
    'run',
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...args,
  ]);
  if (!ok) console.log(output.split('\n').slice(-150).join('\n'));
  if (!existsSync(file)) return cutShort(output);
  const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  for (const test of report.testResults.flatMap(suite => suite.assertionResults))
    if (test.status === 'skipped' || test.status === 'pending') console.log(`skipped: ${test.fullName}`);
  const failed = report.numFailedTests || (ok ? 0 : Math.max(1, report.numFailedTestSuites));
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests };
}

async function playwright(): Promise<Count> {
  const file = join(root, '.atom', 'playwright.json');
  rmSync(file, { force: true });
  const { ok, output } = await runTool('node_modules/@playwright/test/cli.js', ['test'], {
    PLAYWRIGHT_JSON_OUTPUT_FILE: file,
  });
  console.log(
    output
      .split('\n')
      .slice(ok ? -12 : -200)
      .join('\n'),
  );
  if (!existsSync(file)) return cutShort(output);
  const { stats } = JSON.parse(readFileSync(file, 'utf8')) as {
    stats: { expected: number; unexpected: number; flaky: number; skipped: number };
  };
  return {
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky || (ok ? 0 : 1),
    skipped: stats.skipped,
  };
}

/** Without its report a run did not get to its end, whatever its exit code says. */
function cutShort(output: string): Count {
  console.log(output.split('\n').slice(-40).join('\n'));
  console.log('The run ended without a report.');
  return counted(false);
}

const wants = (name: string) => only === null || only === name;

try {
  await generateClient();
} catch (error) {
  await step('Database client', () => Promise.reject(error)); // the steps below then say what else is wrong
}
if (wants('checks')) await step('Static checks', async () => ({ ...(await runChecks(false)), skipped: 0 }));
if (wants('unit')) await step('Unit and integration, on a real Postgres', () => vitest([], 'unit'));
if (only === 'peers')
  await step('Against independent peers', () => vitest(['--config', 'vitest.peers.config.ts'], 'peers'));
if (wants('e2e')) {
  await step('Production build', async () => {
    await buildWeb();
    return counted(true);
  });
  await step('Journeys in a browser', playwright);
}

console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 ? 1 : 0);
