import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '#kernel/http/free-port.ts';
import { bindRegionServers, regionServers, replicationPassword } from '#kernel/regions/servers.ts';
import { startTestRegions, type TestRegions } from '#scripts/testing/region-servers.ts';
import { until } from '#scripts/testing/until.ts';
import { publish, subscribe } from './gateway.real/streams.ts';
import type { StreamPlan } from './gateway.ts';

let regions: TestRegions;
const log: string[] = [];
beforeAll(async () => {
  // As a server that logs as much as it can.
  const settings = { log_statement: 'all', log_min_duration_statement: '0', log_error_verbosity: 'verbose' };
  const onLog = (line: string) => void log.push(line);
  regions = await startTestRegions({ 'eu-west': { tenants: ['t1'] }, 'us-east': { settings, onLog } });
});
afterAll(() => regions?.stop());

const plan: StreamPlan = {
  ...{ state: 'creating', id: 'eu-us', publisher: 'eu-west', subscriber: 'us-east', raw: false },
  tables: [
    {
      table: 'app.orders',
      columns: ['id', 'tenant_id', 'customer_id', 'status', 'amount_cents', 'currency'],
    },
  ],
  tenants: ['t1'],
};
const us = () => regions.region('us-east');
/** Whatever was said before it is in the log by then. */
const logged = async (mark: string) => {
  await us().query(`select '${mark}'`);
  await until('the log', async () => log.some(line => line.includes(mark)));
  return log.join('\n');
};

it('a subscription leaves no password in the log of the mirror, whether the publisher is there or not', async () => {
  const secret = replicationPassword('eu-west');
  await publish(plan);
  const servers = regionServers();
  const nowhere = await freePort();
  bindRegionServers(
    servers.map(s => (s.region === 'eu-west' ? { ...s, dsn: s.dsn.replace(/:\d+\//, `:${nowhere}/`) } : s)),
  );
  log.length = 0;
  await expect(subscribe(plan, { copy: true })).rejects.toThrow(/does not answer/);
  bindRegionServers(servers);
  const failed = await logged('one');
  expect(failed).toMatch(/ERROR: .*could not connect to the publisher/);
  expect(failed).not.toContain(secret);
  expect(failed).not.toContain("password='");

  await subscribe(plan, { copy: true });
  const made = await logged('two');
  expect(made).not.toContain(secret);
  expect(made).not.toContain("password='");
  expect(
    await us().query(
      'select subname::text as name, subowner::regrole::text as owner from pg_subscription where subenabled',
    ),
  ).toEqual([{ name: expect.stringContaining('eu_us'), owner: 'atom_apply' }]);
  await until('the copy', async () => (await us().query('select 1 from app.orders limit 1')).length === 1);
}, 120_000);
