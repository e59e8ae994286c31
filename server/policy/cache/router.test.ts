import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readContext } from '#kernel/trpc/builders.ts';
import { person, type TestBed, tenantCaller, testBed } from '#scripts/testing/database.ts';
import { createCaller } from '#server/root.ts';
import { cacheServer } from '#workers/relay/cache.ts';
import { InferenceCache } from './service/inference-cache.ts';
import { readLocalCache } from './service/local.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const reading = () => readContext(bed.as(person('operator')), { permission: 'cache:read' }, 'cache.stats');

describe('the cache of the local relay', () => {
  it('is asked over its own port', async () => {
    const cache = new InferenceCache(
      { digest: () => 'd', decide: () => null },
      { bytes: 1000, now: () => 0 },
    );
    const server = cacheServer(cache).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expect(await readLocalCache(await reading(), address)).toMatchObject({
        reachable: true,
        address,
        stats: { entries: 0, limitBytes: 1000, hitRatio: null },
      });
    } finally {
      server.close();
      server.closeAllConnections();
    }
    expect(await readLocalCache(await reading(), address)).toMatchObject({
      reachable: false,
      why: 'Nothing answers there.',
    });
  });

  it('is not for tenants', async () => {
    await expect(createCaller(bed.as(tenantCaller('acme'))).cache.stats({})).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});
