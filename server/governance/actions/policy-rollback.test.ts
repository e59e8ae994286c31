import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestPerson, testPerson } from '#scripts/testing/approvers.ts';
import { simulationPrincipal, type TestBed, testBed } from '#scripts/testing/database.ts';
import { simulatedHome } from '#scripts/testing/home.ts';
import { publishNow } from '#scripts/testing/publish.ts';
import { releaseApproval } from '#server/governance/approvals/service/release.ts';
import { consoleSigning } from '#server/policy/hub/service/console-signing.ts';
import { Hub } from '#server/policy/hub/service/hub.ts';
import { readPolicy } from '#server/policy/hub/service/read.ts';
import { createCaller } from '#server/root.ts';
import { advanceExecution } from './service/advance.ts';

let bed: TestBed;
let hub: Hub;
let operator: TestPerson;
let approver: TestPerson;
const decided = async () => {
  for (let i = 0; i < 5; i++) {
    await hub.step();
    bed.clock.advance(2_000);
  }
};
const limits = (id: string, perMinute: number, tenant?: string) => ({
  id,
  kind: 'rate-limit',
  ...(tenant ? { scope: { tenant } } : {}),
  document: { limits: [{ purpose: 'ingest*', perMinute, burst: 10 }] },
});

beforeAll(async () => {
  bed = await testBed();
  await simulatedHome(bed);
  operator = await testPerson(bed, 'operator', ['operator']);
  approver = await testPerson(bed, 'approver', ['approver']);
  hub = new Hub({
    database: bed.database,
    clock: bed.clock,
    signing: consoleSigning(bed.database, bed.clock),
  });
  await hub.start();
  for (const perMinute of [600, 60])
    for (const policy of [limits('t1-limits', perMinute, 't1'), limits('all-limits', perMinute)]) {
      await publishNow(bed.system, policy);
      await decided();
    }
});
afterAll(async () => {
  await hub.stop();
  await bed.close();
});

const actions = async () => (await operator.caller()).actions;
const active = async () => {
  const { activeVersion, document } = await readPolicy(bed.system, { id: 't1-limits' });
  return { activeVersion, perMinute: (document as { limits: { perMinute: number }[] }).limits[0]?.perMinute };
};
async function agree(request: string | null) {
  if (!request) return expect.fail('Nobody was asked.');
  bed.clock.advance(60_000); // a code is good once
  const { approvals } = await approver.caller();
  const asked = await approvals.prepare({ id: request, decision: 'approve' });
  const proof = { kind: 'totp' as const, code: approver.code() };
  await approvals.decide({ challengeId: asked.challengeId, proof, reason: 'agreed' });
  await releaseApproval(bed.system, request);
}
/** Goes on as the workers and the hub do, until it has ended. */
async function goOn(id: string) {
  for (let i = 0; i < 6; i++) {
    await advanceExecution(bed, id);
    await decided();
  }
  return (await actions()).status({ exec_id: id });
}

it('waits for people, publishes what was in force before as a newer version, and may be taken back itself', async () => {
  const made = await (await actions()).execute({
    action: 'policy-rollback',
    tenant_id: 't1',
    target: 't1-limits',
    reason: 'the limit is too tight',
  });
  expect(made).toMatchObject({ tier: 'high', needs_approval: true, state: 'waiting', simulated: false });
  expect(made.filled_in.join(' ')).toContain('to_version: 1');
  await agree(made.approval_id);
  expect(await goOn(made.exec_id)).toMatchObject({ state: 'succeeded' });
  expect(await active()).toEqual({ activeVersion: 3, perMinute: 600 });

  const back = await (await actions()).rollback({ exec_id: made.exec_id, reason: 'second thoughts' });
  await agree('requestId' in back ? back.requestId : null);
  expect(await goOn(made.exec_id)).toMatchObject({ state: 'rolled-back' });
  expect(await active()).toEqual({ activeVersion: 4, perMinute: 60 });
});

it('of everybody’s policy needs two people, and is nothing for those who did not sign in', async () => {
  const ask = { action: 'policy-rollback', tenant_id: 't1', target: 'all-limits', to_version: 1 } as const;
  const made = await (await actions()).execute(ask);
  expect(made.blast.global).toBe(true);
  await expect(createCaller(bed.as(simulationPrincipal)).actions.execute(ask)).rejects.toMatchObject({
    cause: { code: 'execution.simulated_only' },
  });
});
