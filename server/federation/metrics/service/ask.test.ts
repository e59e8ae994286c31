import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { simulatedRegions } from '../gateway.simulated.ts';
import type { RegionSource } from '../gateway.ts';
import type { Data } from '../rules/merge.ts';
import { askOne, roomOf } from './ask.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const oneRegion = async () => {
  const [first] = await simulatedRegions(bed.system.db, bed.clock.now());
  return first ?? expect.fail();
};
const range = (points: number) => {
  const end = bed.clock.now().getTime() / 1000;
  const parameters = { query: 'atom_service_cpu_ratio', start: end - points * 60, end, step: 60 };
  return new URLSearchParams(Object.entries(parameters).map(([k, v]) => [k, String(v)]));
};

it('leaves the process to others while a simulated region works out a long range', async () => {
  const region = await oneRegion();
  let turns = 0;
  const count = () => {
    turns++;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  const { status } = await region.get('/api/v1/query_range', range(2_000), AbortSignal.timeout(60_000));
  clearImmediate(counting);
  expect(status).toBe(200);
  expect(turns).toBeGreaterThan(3);
});

it('stops a simulated region’s work when its time is over', async () => {
  const region = await oneRegion();
  const ended = new AbortController();
  const under = region.get('/api/v1/query_range', range(2_000), ended.signal);
  setImmediate(() => ended.abort(new Error('nobody waits')));
  await expect(under).rejects.toThrow('nobody waits');
});

it('leaves out by name whatever is more than is merged at once', async () => {
  const body = JSON.stringify({
    status: 'success',
    data: { resultType: 'string', result: [1, 'x'.repeat(7 * 1024 * 1024)] },
  });
  const source = (region: string): RegionSource => ({
    region,
    simulated: false,
    get: async () => ({ status: 200, body }),
  });
  const room = roomOf();
  const states: string[] = [];
  for (const region of ['a', 'b', 'c']) {
    const { answer } = await askOne<Data>(source(region), { path: '/', parameters: [], json: true, room });
    states.push(`${answer.state} ${answer.reason ?? ''}`);
  }
  expect(states).toEqual([
    'answered ',
    'answered ',
    expect.stringContaining('16 MiB that are merged at once'),
  ]);
});
