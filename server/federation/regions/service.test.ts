import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signEnvelope } from '#kernel/signing/dsse.ts';
import { person, simulationPrincipal, type TestBed, testBed } from '#scripts/testing/database.ts';
import {
  regionKeyPair,
  registerTestRegion,
  registrationContent,
  registrationEnvelope,
} from '#scripts/testing/regions.ts';
import { createCaller } from '#server/root.ts';
import { heartbeatType, registrationType } from './schema.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const regions = () => createCaller(bed.as(person('operator'))).regions;
const refusedTo = (role: 'operator' | 'service', input: Record<string, unknown>) =>
  createCaller(bed.as(person(role)))
    .regions.register(input)
    .catch(e => e.cause);
const refused = (input: Record<string, unknown>) => refusedTo('operator', input);

describe('registering a region', () => {
  const key = regionKeyPair();
  const content = registrationContent('eu-west', key, { provider: 'lab' });

  it('accepts a registration signed by a key it names, and repeats change nothing', async () => {
    const first = await regions().register(registrationEnvelope(content, key));
    expect(first).toMatchObject({
      status: 'registered',
      region: { id: 'eu-west', state: 'active', simulated: true },
    });
    expect('region' in first && first.region.keys).toMatchObject([
      { id: key.id, algorithm: 'ed25519', revokedAt: null },
    ]);
    const again = await regions().register(registrationEnvelope(content, key));
    expect(again.status).toBe('unchanged');
    expect(await bed.rows("select type from ledger_entry where target = 'region:eu-west'")).toEqual([
      { type: 'region.registered' },
    ]);
  });

  it('takes a change signed by a registered key, also one that brings a new key', async () => {
    const next = regionKeyPair();
    const changed = { ...content, keys: [next.pem], url: 'https://new.example.net' };
    expect(await refusedTo('service', registrationEnvelope(changed, next))).toMatchObject({
      code: 'region.key_change',
      kind: 'unprocessable',
    });
    // The new registration names the new key only; the old key signs for it beside the new one.
    const byNew = registrationEnvelope(changed, next);
    const byOld = registrationEnvelope(changed, key);
    const both = { ...byNew, signatures: [...byNew.signatures, ...byOld.signatures] };
    const done = await regions().register(both);
    expect(done).toMatchObject({ status: 'updated', region: { url: 'https://new.example.net' } });
    const keys = 'region' in done ? done.region.keys : [];
    expect(keys.find(k => k.id === key.id)?.revokedAt).toEqual(expect.any(String));
    expect(await refusedTo('service', registrationEnvelope(content, key))).toMatchObject({
      code: 'region.key_change',
    });
  });

  it('keeps a production region out until somebody has agreed', async () => {
    const own = regionKeyPair();
    const result = await regions().register(
      registrationEnvelope(registrationContent('prod', own, { environment: 'production' }), own),
    );
    expect(result).toMatchObject({ status: 'approval_required' });
    expect(await regions().get({ name: 'prod' })).toMatchObject({ state: 'pending' });
    expect(await bed.rows("select type from ledger_entry where target = 'region:prod'")).toEqual([
      { type: 'region.waiting' },
    ]);
  });

  it('does not go back to what was replaced when somebody sends that again', async () => {
    const own = regionKeyPair();
    const next = regionKeyPair();
    const first = registrationContent('replayed', own, { environment: 'staging' });
    const second = { ...first, url: 'https://second.example.net', keys: [own.pem, next.pem] };
    const kept = registrationEnvelope(first, own);
    const early = registrationEnvelope({ ...first, issuedAt: bed.clock.now().toISOString() }, own);
    await regions().register(kept);
    bed.clock.advance(60_000);
    await regions().register(registrationEnvelope(second, own));
    const later = (ms: number) => new Date(bed.clock.now().getTime() + ms).toISOString();
    for (const old of [kept, early, registrationEnvelope({ ...first, issuedAt: later(400_000) }, own)])
      expect(await refused(old)).toMatchObject({ code: 'region.superseded', kind: 'unprocessable' });
    const { url } = await regions().get({ name: 'replayed' });
    expect(url).toBe('https://second.example.net');
    // Whoever holds a key may mean it: then it says when.
    bed.clock.advance(1000);
    const meant = registrationEnvelope({ ...first, issuedAt: later(0) }, own);
    expect(await regions().register(meant)).toMatchObject({ status: 'updated' });
    expect((await regions().register(meant)).status).toBe('unchanged');
    // The key that went with it is gone for good, also where one that still counts signs for it.
    expect(await refused(registrationEnvelope({ ...second, issuedAt: later(1000) }, own))).toMatchObject({
      code: 'region.revoked_key',
    });
  });

  it('refuses a signed text that cannot be stored, in a registration and in a heartbeat', async () => {
    const own = regionKeyPair();
    const signed = (type: string, content: object) =>
      signEnvelope(type, Buffer.from(JSON.stringify(content)), [{ id: own.id, key: own.privateKey }]);
    await regions().register(registrationEnvelope(registrationContent('texts', own), own));
    for (const text of ['a\ud800', 'a\0']) {
      const content = registrationContent('texts-2', own, { provider: text });
      expect(await refused({ ...signed(registrationType, content) })).toMatchObject({
        code: 'region.bad_content',
      });
      const now = bed.clock.now();
      const beat = { name: 'texts', sequence: now.getTime(), at: now.toISOString(), version: text };
      const said = regions().heartbeat({ ...signed(heartbeatType, beat), name: 'texts' });
      expect(await said.catch(error => error.cause)).toMatchObject({ code: 'region.heartbeat_bad_content' });
    }
  });

  it('takes a production region out of production, or into another country, by an approval only', async () => {
    const own = regionKeyPair();
    const stands = registrationContent('prod-2', own, {
      environment: 'production',
      location: { lat: 52, lon: 13, country: 'DE' },
    });
    await regions().register(registrationEnvelope(stands, own));
    await bed.rows("update region set state = 'active' where id = 'prod-2'");
    for (const change of [{ environment: 'staging' }, { location: { lat: 52, lon: 13, country: 'US' } }])
      expect(await regions().register(registrationEnvelope({ ...stands, ...change }, own))).toMatchObject({
        status: 'approval_required',
      });
    expect(await regions().get({ name: 'prod-2' })).toMatchObject({
      environment: 'production',
      country: 'DE',
      state: 'active',
    });
    // Its address is its own affair, and whether the streams may still flow is asked again.
    await bed.rows('delete from outbox');
    expect(
      await regions().register(registrationEnvelope({ ...stands, url: 'https://moved.example.net' }, own)),
    ).toMatchObject({ status: 'updated' });
    expect(
      await bed.rows("select 1 from outbox where body::text like '%replication.ask_again%'"),
    ).toHaveLength(1);
  });

  it('names each refusal and writes it down', async () => {
    const own = regionKeyPair();
    const stranger = regionKeyPair();
    const mine = registrationContent('ap-south', own);
    const good = registrationEnvelope(mine, own);
    expect(await refused(mine)).toMatchObject({ code: 'region.unsigned', kind: 'unauthenticated' });
    expect(await refused({ ...good, signatures: [] })).toMatchObject({ code: 'region.unsigned' });
    const tampered = {
      ...good,
      payload: Buffer.from(JSON.stringify({ ...mine, url: 'https://evil.example.net' })).toString('base64'),
    };
    expect(await refused(tampered)).toMatchObject({ code: 'region.tampered', kind: 'unprocessable' });
    expect(await refused(registrationEnvelope(mine, stranger))).toMatchObject({ code: 'region.wrong_key' });
    expect(await refused({ ...good, payloadType: 'text/plain' })).toMatchObject({
      code: 'region.wrong_type',
    });
    expect(await refused({ ...good, extra: 1 })).toMatchObject({ code: 'region.malformed' });
    expect(await refused(registrationEnvelope({ ...mine, keys: ['nonsense'] }, own))).toMatchObject({
      code: 'region.bad_key',
    });
    expect(await refused(registrationEnvelope({ ...mine, colour: 'blue' }, own))).toMatchObject({
      code: 'region.bad_content',
      details: { issues: [{ field: 'colour' }] },
    });
    const entries = await bed.rows<{ type: string }>(
      "select type from ledger_entry where type = 'region.refused'",
    );
    expect(entries.length).toBeGreaterThanOrEqual(8);
    expect(await bed.rows("select id from region where id = 'ap-south'")).toEqual([]);
  });
});

describe('reading regions', () => {
  it('hides real and production regions from the anonymous simulation principal', async () => {
    await registerTestRegion(bed, { name: 'sim-1', country: 'FR' });
    await registerTestRegion(bed, { name: 'real-1', country: 'FR', environment: 'staging' });
    const anyone = createCaller(bed.as(simulationPrincipal)).regions;
    const seen = (await anyone.list({})).rows.map(r => r.id);
    expect(seen).toContain('sim-1');
    expect(seen).not.toContain('real-1');
    expect(seen).not.toContain('prod');
    await expect(anyone.get({ name: 'real-1' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const status = await anyone.status({});
    expect(status.regions.map(r => r.name)).not.toContain('prod');
  });
});
