import { expect, expectAccessible, portUrl, test, withoutSecondFactor } from './fixtures.ts';
import { enrol } from './phone.ts';

test.afterAll(() => withoutSecondFactor('approver'));

interface Proposal {
  id: string;
  action: string;
  plan: { tenantId: string; steps: { action: string; target: string }[] };
  rationale: { text: string; eventIds: string[] }[];
  requiredApprovals: { needed: boolean };
}
interface Execution {
  state: string;
  snapshotHash: string | null;
  manifest: unknown;
  stepRows: { canary: unknown }[];
}

/** As any service would, from this machine and with no token: the world is simulated. */
async function call<T>(port: number, path: string, body?: object): Promise<T & { httpStatus: number }> {
  const response = await fetch(`${portUrl(port)}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { ...((await response.json()) as T), httpStatus: response.status };
}

const score = async () => (await call<{ overall: number }>(8802, '/risk/t1')).overall;
const reaches = (id: string, state: string) =>
  expect
    .poll(async () => (await call<Execution>(8804, `/status/${id}`)).state, { timeout: 120_000 })
    .toBe(state);

test('a bad release is noticed, its cure is proposed, agreed to on a phone, carried out, verified and proved', async ({
  as,
}) => {
  test.setTimeout(300_000);
  const before = await score();
  const fault = await call<{ id: string }>(8808, '/faults', {
    fault: 'bad-deploy',
    target: { kind: 'service', id: 'service-x' },
  });
  expect(fault.httpStatus).toBe(201);
  const sent = await call<{ id: string }>(8801, '/ingest/event', {
    tenant_id: 't1',
    event: 'error_rate_high',
    service: 'service-x',
    severity: 'critical',
    message: 'errors after the release',
  });
  expect(sent.httpStatus).toBe(201);
  await expect.poll(score, { timeout: 60_000 }).toBeGreaterThan(Math.max(before, 50));
  const risen = await score();

  let cure: Proposal | undefined;
  await expect
    .poll(
      async () => {
        const { proposals = [] } = await call<{ proposals: Proposal[] }>(8803, '/propose', {
          tenant_id: 't1',
          context_id: 'ctx1',
          risk_id: 'r1',
        });
        cure = proposals.find(p => p.action === 'rollback' && p.plan.steps[0]?.target === 'service-x');
        return cure !== undefined;
      },
      { timeout: 60_000 },
    )
    .toBe(true);
  if (!cure) throw new Error('nothing was proposed');
  expect(cure.rationale.every(claim => claim.eventIds.length > 0)).toBe(true);
  expect(cure.requiredApprovals.needed).toBe(true);

  const tried = await call<{ exec_id: string }>(8804, '/execute', { action_plan: cure.plan, dry_run: true });
  expect(tried.httpStatus).toBe(202);
  await reaches(tried.exec_id, 'succeeded');
  expect(await score()).toBeGreaterThan(50); // a dry run mends nothing

  const page = await as('approver', { width: 390 });
  const phone = await enrol(page, 'approver');
  const real = await call<{ execId: string }>(8803, `/proposals/${cure.id}/execute`, { dryRun: false });
  expect(real.httpStatus).toBe(202);
  const asked = await call<{ requestId: string; link: string }>(8806, '/request_approval', {
    exec_id: real.execId,
    approver: 'approver',
  });
  expect([200, 201]).toContain(asked.httpStatus);
  await page.goto(new URL(asked.link).pathname);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await page
    .getByRole('dialog')
    .getByLabel('Code')
    .fill(await phone.code());
  await page.getByRole('button', { name: 'Approve with a code' }).click();
  await expect(page.getByText('It ran')).toBeVisible();

  await reaches(real.execId, 'succeeded');
  const done = await call<Execution>(8804, `/status/${real.execId}`);
  expect(done.snapshotHash).toMatch(/^[0-9a-f]{64}$/);
  expect(done.manifest).not.toBeNull();
  expect(done.stepRows[0]?.canary).toMatchObject({ verdict: 'pass' });
  await page.goto(`/governance/executions/${real.execId}`);
  await expect(page.getByText('succeeded').first()).toBeVisible();
  await expectAccessible(page);

  // What was cured is not injected any more, and the score falls by itself.
  await expect.poll(score, { timeout: 150_000, intervals: [2000] }).toBeLessThan(risen);
  const { rows } = await call<{ rows: { uid: string }[] }>(
    8805,
    `/audit?target=execution:${real.execId}&limit=1`,
  );
  const entry = await call<{ proof: unknown }>(8805, `/audit/${rows[0]?.uid}`);
  expect(entry.httpStatus).toBe(200);
  expect(entry.proof).not.toBeNull();
});
