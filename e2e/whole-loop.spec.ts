import type { Page } from '@playwright/test';
import { enrolPasskey } from './authenticator.ts';
import { expect, expectAccessible, portUrl, test, withoutSecondFactor } from './fixtures.ts';
import { enrol, type Phone } from './phone.ts';

test.afterEach(() => withoutSecondFactor('admin', 'approver'));

interface Proposal {
  id: string;
  action: string;
  plan: { tenantId: string; steps: { action: string; target: string }[] };
  rationale: { text: string; eventIds: string[] }[];
  requiredApprovals: { needed: boolean };
}
interface Execution {
  state: string;
  failure: string | null;
  snapshotHash: string | null;
  manifest: unknown;
  stepRows: { canary: unknown }[];
}
interface Asked {
  requestId: string;
  link: string;
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

interface Case {
  tenant: string;
  service: string;
}
const risk = ({ tenant, service }: Case) =>
  call<{ id: string; overall: number }>(8802, `/risk/${tenant}?service=${service}`);
const score = async (on: Case) => (await risk(on)).overall;
const reaches = (id: string, state: string) =>
  expect
    .poll(
      async () => {
        const { state: now, failure } = await call<Execution>(8804, `/status/${id}`);
        return failure ? `${now}: ${failure}` : now;
      },
      { timeout: 120_000 },
    )
    .toBe(state);

/** What its own monitoring says. */
async function sendSign(on: Case): Promise<void> {
  const sent = await call(8801, '/ingest/event', {
    tenant_id: on.tenant,
    event: 'error_rate_high',
    service: on.service,
    severity: 'critical',
    message: 'errors after the release',
  });
  expect(sent.httpStatus).toBe(201);
}

const execIn = (page: Page): string => new URL(page.url()).pathname.split('/').at(-1) ?? '';
/** The proposal to take this service's release back. */
const cardOf = (page: Page, on: Case) => page.getByRole('article', { name: `Roll ${on.service} back` });

/** Where the administrator's own messages go from now on. */
async function setAddress(page: Page, address: string): Promise<void> {
  const answer = await page.request.get('/api/trpc/identity.me');
  const { result } = (await answer.json()) as { result: { data: { id: string } } };
  await page.goto(`/settings/users?peek=${result.data.id}`);
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Email').fill(address);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByLabel('Email')).toBeHidden();
}

/** A bad release of this service, its signs, and the proposal that would end it. */
async function cureOf(on: Case): Promise<Proposal> {
  const before = await score(on);
  const fault = await call(8808, '/faults', {
    fault: 'bad-deploy',
    target: { kind: 'service', id: on.service },
  });
  expect(fault.httpStatus).toBe(201);
  await sendSign(on);
  await expect.poll(() => score(on), { timeout: 60_000 }).toBeGreaterThan(Math.max(before, 50));

  const found: Proposal[] = [];
  await expect
    .poll(
      async () => {
        const { id } = await risk(on);
        if (id === 'live') return 0; // newer than the newest kept score: the next round keeps it
        const asked = { tenant_id: on.tenant, context_id: 'ctx1', risk_id: id };
        const { proposals = [] } = await call<{ proposals: Proposal[] }>(8803, '/propose', asked);
        const cure = proposals.find(p => p.action === 'rollback' && p.plan.steps[0]?.target === on.service);
        if (cure) found.push(cure);
        return found.length;
      },
      { timeout: 60_000 },
    )
    .toBeGreaterThan(0);
  const [cure] = found;
  if (!cure) throw new Error('nothing was proposed');
  expect(cure.rationale.every(claim => claim.eventIds.length > 0)).toBe(true);
  expect(cure.requiredApprovals.needed).toBe(true);
  return cure;
}

/** Tried, then asked for; what comes back waits for a person. */
async function askedFor(cure: Proposal, on: Case): Promise<{ execId: string; asked: Asked }> {
  const tried = await call<{ exec_id: string }>(8804, '/execute', { action_plan: cure.plan, dry_run: true });
  expect(tried.httpStatus).toBe(202);
  await reaches(tried.exec_id, 'succeeded');
  expect(await score(on)).toBeGreaterThan(50); // a dry run mends nothing
  const real = await call<{ execId: string }>(8803, `/proposals/${cure.id}/execute`, { dryRun: false });
  expect(real.httpStatus).toBe(202);
  const asked = await call<Asked>(8806, '/request_approval', { exec_id: real.execId, approver: 'approver' });
  expect([200, 201]).toContain(asked.httpStatus);
  return { execId: real.execId, asked };
}

/** Carried out, judged by its canary, and in the ledger with a proof; and the score falls by itself. */
async function proved(execId: string, on: Case, risen: number): Promise<void> {
  await reaches(execId, 'succeeded');
  const done = await call<Execution>(8804, `/status/${execId}`);
  expect(done.snapshotHash).toMatch(/^[0-9a-f]{64}$/);
  expect(done.manifest).not.toBeNull();
  expect(done.stepRows[0]?.canary).toMatchObject({ verdict: 'pass' });
  // What is still on its way when the cure begins may raise the score a little more before it falls.
  let peak = risen;
  await expect
    .poll(
      async () => {
        const now = await score(on);
        peak = Math.max(peak, now);
        return peak - now;
      },
      { timeout: 300_000, intervals: [2000] },
    )
    .toBeGreaterThan(0);
  const { rows } = await call<{ rows: { uid: string }[] }>(8805, `/audit?target=execution:${execId}&limit=1`);
  const entry = () => call<{ proof: unknown }>(8805, `/audit/${rows[0]?.uid}`);
  expect((await entry()).httpStatus).toBe(200);
  await expect.poll(async () => (await entry()).proof).not.toBeNull(); // once it is sealed
}

test('a bad release is seen, its cure tried, agreed to with a passkey on a phone, carried out and proved', async ({
  as,
}, info) => {
  test.setTimeout(540_000);
  const on = { tenant: 't1', service: 'service-x' };
  const picture = (page: Page, name: string) => page.screenshot({ path: info.outputPath(`${name}.png`) });
  const phone = await as('approver', { width: 390 });
  await enrolPasskey(phone, 'approver');
  const before = await score(on);
  const admin = await as('admin');
  await enrol(admin, 'admin');
  await setAddress(admin, 'admin@example.org');

  const desk = await as('operator');
  await desk.goto('/governance/simulations');
  await desk.getByRole('button', { name: 'Inject bad deployment' }).click();
  const inject = desk.getByRole('dialog');
  await inject.getByLabel('Target').selectOption(on.service);
  await inject.getByLabel('Heals by itself').fill('');
  await inject.getByRole('button', { name: 'Inject', exact: true }).click();
  await expect(inject).toBeHidden();
  await sendSign(on);
  await expect.poll(() => score(on), { timeout: 60_000 }).toBeGreaterThan(Math.max(before, 50));

  // From the score to what could be done: asked again until what is known speaks for it.
  await expect(async () => {
    await desk.goto(`/governance/risk?tenant=${on.tenant}&service=${on.service}`);
    await desk.getByRole('button', { name: 'What could be done' }).click({ timeout: 15_000 });
    await expect(desk).toHaveURL(/governance\/proposals\//, { timeout: 15_000 });
    await expect(cardOf(desk, on)).toBeVisible({ timeout: 5_000 });
  }).toPass({ timeout: 120_000 });
  const answer = desk.url();
  await expectAccessible(desk);
  await picture(desk, 'proposed');

  await cardOf(desk, on).getByRole('button', { name: 'Dry run' }).click();
  await desk.getByRole('dialog').getByRole('button', { name: 'Start the dry run' }).click();
  await cardOf(desk, on)
    .getByRole('link', { name: /^Dry run / })
    .click();
  await expect(desk).toHaveURL(/\/executions\//);
  await reaches(execIn(desk), 'succeeded');
  expect(await score(on)).toBeGreaterThan(50); // a dry run mends nothing
  await desk.goto(answer);
  await cardOf(desk, on).getByRole('button', { name: 'Send to execution' }).click();
  await desk.getByRole('dialog').getByRole('button', { name: 'Send to execution' }).click();
  await cardOf(desk, on)
    .getByRole('link', { name: /^Execution / })
    .click();
  await expect(desk).toHaveURL(/\/executions\//);
  await expect(desk.getByText('waiting').first()).toBeVisible();
  const execId = execIn(desk);

  // Of exactly this execution, whatever else may wait.
  const request = await desk.locator('main a[href^="/approvals/"]').first().getAttribute('href');
  await phone.goto('/approvals');
  await phone.locator(`a[href="${request}"]`).first().click();
  await expectAccessible(phone);
  await picture(phone, 'asked');
  const risen = await score(on);
  await phone.getByRole('button', { name: 'Approve', exact: true }).click();
  await phone.getByRole('dialog').getByRole('button', { name: 'Approve with a passkey' }).click();
  await expect(phone.getByText('It ran')).toBeVisible();
  await expect(phone.getByText('approver approved with a passkey')).toBeVisible();

  // The operator's page was open all along, and follows.
  await expect(desk.getByText('succeeded').first()).toBeVisible({ timeout: 120_000 });
  await expectAccessible(desk);
  await picture(desk, 'done');
  await proved(execId, on, risen);

  await admin.goto('/settings/deliveries');
  for (const channel of ['Slack', 'Telegram', 'E-mail'])
    await expect(
      admin.getByRole('row').filter({ hasText: on.service }).filter({ hasText: channel }).first(),
    ).toBeVisible();

  const auditor = await as('auditor');
  await auditor.goto(`/governance/executions/${execId}`);
  await auditor.getByRole('link', { name: /The execution .* succeeded$/ }).click();
  await auditor.getByRole('tab', { name: 'Proof' }).click();
  await expect(auditor.getByRole('region', { name: 'Proof' }).getByRole('status')).toContainText(
    'Verified in this browser',
  );
  await picture(auditor, 'proved');
});

/** The approver's own client signs the decision with a code; the token then goes to the port by whoever carries it. */
async function decisionToken(page: Page, phone: Phone, id: string): Promise<string> {
  const sent = async <T>(procedure: string, data: object): Promise<T> => {
    const answer = await page.request.post(`/api/trpc/${procedure}`, {
      headers: { 'x-atom-csrf': '1' },
      data,
    });
    expect(answer.ok(), await answer.text()).toBe(true);
    return ((await answer.json()) as { result: { data: T } }).result.data;
  };
  const { challengeId } = await sent<{ challengeId: string }>('approvals.prepare', {
    id,
    decision: 'approve',
  });
  const proof = { kind: 'totp', code: await phone.code() };
  return (await sent<{ token: string }>('approvals.sign', { challengeId, proof })).token;
}

test('the same by the ports alone: a signed decision is handed in, once', async ({ as }) => {
  test.setTimeout(540_000);
  const on = { tenant: 't1', service: 't1-web' };
  const cure = await cureOf(on);
  const risen = await score(on);
  const page = await as('approver');
  const phone = await enrol(page, 'approver');
  const { execId, asked } = await askedFor(cure, on);
  const token = await decisionToken(page, phone, asked.requestId);
  expect((await call(8806, '/approve', { token: `${token}x` })).httpStatus).toBe(401);
  expect((await call(8806, '/approve', { token })).httpStatus).toBe(200);
  expect((await call(8806, '/approve', { token })).httpStatus).toBe(409);
  await proved(execId, on, risen);
});
