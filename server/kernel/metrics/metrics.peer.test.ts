import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { registry } from './metrics.ts';
import '#server/root.ts';
import '#kernel/jobs/run.ts';
import '#kernel/ledger/sequencer.ts';

const promtool = spawnSync('promtool', ['--version'], { stdio: 'ignore' }).status === 0;

it.skipIf(!promtool)('promtool finds nothing wrong with our metrics', async () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: await registry.metrics(),
    encoding: 'utf8',
  });
  // Prometheus' own client names its process metrics in ways its linter warns about; ours must be clean.
  const ours = `${stdout}${stderr}`.split('\n').filter(line => line && !/^(process_|nodejs_)/.test(line));
  expect(ours).toEqual([]);
  expect([0, 3]).toContain(status);
});
