import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestPerson, testPerson } from '#scripts/testing/approvers.ts';
import { person, simulationPrincipal, type TestBed, testBed } from '#scripts/testing/database.ts';
import { regionKeyPair, registrationContent, registrationEnvelope } from '#scripts/testing/regions.ts';
import { createCaller } from '#server/root.ts';
import { releaseApproval } from './service/release.ts';

let bed: TestBed;
let admin: TestPerson;
let approver: TestPerson;
let gainer: TestPerson;

beforeAll(async () => {
  bed = await testBed();
  admin = await testPerson(bed, 'admin', ['admin', 'approver']);
  approver = await testPerson(bed, 'approver', ['approver']);
  gainer = await testPerson(bed, 'gainer', ['approver']);
});
afterAll(() => bed.close());

async function approve(who: TestPerson, id: string) {
  const { approvals } = await who.caller();
  const { challengeId } = await approvals.prepare({ id, decision: 'approve' });
  return approvals.decide({ challengeId, proof: { kind: 'totp', code: who.code() } });
}
const requestOf = (answer: object): string =>
  'requestId' in answer ? String(answer.requestId) : expect.fail('It did not wait for anybody.');
const code = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    error => error.cause?.code,
  );
const adminsWith = async () => {
  await (await admin.caller()).mfa.stepUp({ code: admin.code() });
  return (await admin.caller()).identity;
};

describe('who asks for approval', () => {
  it('giving somebody the role of administrator: decided neither by who asks nor by who gains', async () => {
    const identity = await adminsWith();
    const { version } = await identity.get({ id: gainer.id });
    const answer = await identity.update({ id: gainer.id, version, roles: ['approver', 'admin'] });
    const id = requestOf(answer);
    expect((await identity.get({ id: gainer.id })).roles).toEqual(['approver']);
    expect(await code(approve(admin, id))).toBe('approval.excluded');
    expect(await code(approve(gainer, id))).toBe('approval.excluded');
    await approve(approver, id);
    await releaseApproval(bed.system, id);
    expect((await identity.get({ id: gainer.id })).roles).toEqual(['approver', 'admin']);
  });

  it('a change that grants nothing asks nobody', async () => {
    const identity = await adminsWith();
    const { version } = await identity.get({ id: approver.id });
    expect(await identity.update({ id: approver.id, version, displayName: 'A' })).toMatchObject({
      displayName: 'A',
    });
    expect(await identity.create({ name: 'newcomer', displayName: 'N', roles: ['operator'] })).toHaveProperty(
      'password',
    );
  });

  it('making a new administrator, whose password nobody has seen', async () => {
    const identity = await adminsWith();
    const id = requestOf(await identity.create({ name: 'chief', displayName: 'C', roles: ['admin'] }));
    await approve(approver, id);
    await releaseApproval(bed.system, id);
    const { rows } = await (await admin.caller()).identity.list({ search: 'chief' });
    expect(rows).toMatchObject([{ name: 'chief', roles: ['admin'] }]);
    const stored = await bed.rows('select * from approval_request where id = $1', [id]);
    expect(JSON.stringify(stored)).not.toContain('password"');
  });

  it('a production region, which takes part once somebody has agreed', async () => {
    const key = regionKeyPair();
    const envelope = registrationEnvelope(
      registrationContent('prod', key, { environment: 'production' }),
      key,
    );
    // Its own signature does not do: whoever asks has a login, too.
    const anyone = createCaller(bed.as(simulationPrincipal)).regions;
    expect(await code(anyone.register(envelope))).toBe('region.token');
    const { regions } = await (await testPerson(bed, 'asker', ['operator'])).caller();
    const id = requestOf(await regions.register(envelope));
    expect(requestOf(await regions.register(envelope))).toBe(id);
    expect(await bed.rows("select state from region where id = 'prod'")).toEqual([{ state: 'pending' }]);
    await approve(approver, id);
    await releaseApproval(bed.system, id);
    expect(await bed.rows("select state, environment, simulated from region where id = 'prod'")).toEqual([
      { state: 'active', environment: 'production', simulated: false },
    ]);
    // Whoever lacks its key is refused, and asks nobody for anything.
    const thief = regionKeyPair();
    const stolen = registrationEnvelope(
      registrationContent('prod', thief, { environment: 'production' }),
      thief,
    );
    const service = createCaller(bed.as(person('service'))).regions;
    expect(await code(service.register(stolen))).toBe('region.key_change');
  });
});
