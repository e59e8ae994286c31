import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '#kernel/http/free-port.ts';
import { bindRegionServers, regionServers, replicationPassword } from '#kernel/regions/servers.ts';
import { startTestRegions, type TestRegions } from '#scripts/testing/region-servers.ts';
import { until } from '#scripts/testing/until.ts';
import { realFencing } from './gateway.real.ts';

let regions: TestRegions;
const log: string[] = [];
beforeAll(async () => {
  // As a server that logs as much as it can.
  const settings = { log_statement: 'all', log_min_duration_statement: '0', log_error_verbosity: 'verbose' };
  const onLog = (line: string) => void log.push(line);
  regions = await startTestRegions({ 'eu-west': {}, 'us-east': { settings, onLog } });
});
afterAll(() => regions?.stop());

/** Whatever was said before it is in the log by then. */
const logged = async (mark: string) => {
  await regions.region('us-east').query(`select '${mark}'`);
  await until('the log', async () => log.some(line => line.includes(mark)));
  return log.join('\n');
};

it('a look at another region leaves no password in the log of the one that looks, whether it is there or not', async () => {
  const secret = replicationPassword('eu-west');
  log.length = 0;
  expect(await realFencing.seenFrom('us-east', 'eu-west')).toMatchObject({ up: true });
  const seen = await logged('one');
  expect(seen).toContain('dblink($1');
  expect(seen).not.toContain(secret);

  const servers = regionServers();
  const nowhere = await freePort();
  bindRegionServers(
    servers.map(s => (s.region === 'eu-west' ? { ...s, dsn: s.dsn.replace(/:\d+\//, `:${nowhere}/`) } : s)),
  );
  expect(await realFencing.seenFrom('us-east', 'eu-west')).toEqual({
    ...{ up: false, said: 'us-east could not reach it' },
  });
  bindRegionServers(servers);
  const failed = await logged('two');
  expect(failed).toContain('could not establish connection');
  expect(failed).not.toContain(secret);
  expect(failed).not.toContain('password=');
}, 120_000);
