import { expect, expectAccessible, login, portUrl, test, withoutSecondFactor } from './fixtures.ts';
import { enrol } from './phone.ts';

test.afterAll(() => withoutSecondFactor('admin', 'approver'));

async function request(
  approver: string,
  exec_id = 'e1',
): Promise<{ status: number; requestId: string; link: string }> {
  const response = await fetch(`${portUrl(8806)}/request_approval`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ exec_id, approver }),
  });
  return { status: response.status, ...((await response.json()) as { requestId: string; link: string }) };
}

test('from the link to the released effect in three actions on a phone, denied, and settled in another tab', async ({
  as,
}) => {
  const page = await as('approver', { width: 390 });
  const phone = await enrol(page, 'approver');

  const asked = await request('approver');
  expect(asked.status).toBe(201);
  expect((await request('approver')).status).toBe(200);
  const path = new URL(asked.link).pathname;

  const other = await page.context().newPage();
  await other.goto(path);
  await other.getByRole('button', { name: 'Approve', exact: true }).click();
  await expect(other.getByRole('dialog')).toContainText('signs exactly this request');

  await page.goto(path);
  await expect(page.getByRole('heading', { name: 'Scale t1-web to 12 replicas' })).toBeVisible();
  await expect(page.getByText('Simulated', { exact: true }).first()).toBeVisible();
  await expect(page.getByRole('timer')).toContainText('expires in');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await page
    .getByRole('dialog')
    .getByLabel('Code')
    .fill(await phone.code());
  await page.getByRole('button', { name: 'Approve with a code' }).click();
  await expect(page.getByText('It ran')).toBeVisible();
  await expect(page.getByText('approver approved with a code')).toBeVisible();

  await expect(other.getByRole('dialog')).toContainText('settled meanwhile');
  await other.keyboard.press('Escape');
  await expect(other.getByText('It ran')).toBeVisible();
  await expect(other.getByRole('button', { name: 'Approve', exact: true })).toHaveCount(0);
  await other.close();

  // What ran does not wait any more. Another plan is another thing to ask for: this one is denied, by keyboard.
  expect((await request('approver')).status).toBe(404);
  const planned = await fetch(`${portUrl(8804)}/execute`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      action: 'scale',
      tenant_id: 't1',
      target: 'service-x',
      replicas: 40,
      dry_run: false,
    }),
  });
  expect(planned.status).toBe(202);
  const { exec_id } = (await planned.json()) as { exec_id: string };
  const again = await request('approver', exec_id);
  expect(again.status).toBe(200); // a real execution asks by itself
  expect(again.requestId).not.toBe(asked.requestId);
  await page.goto('/approvals');
  await expect(page.getByText('One request waits for you')).toBeVisible();
  await expectAccessible(page);
  await expect(page.getByRole('button', { name: /^Deny:/ })).toBeVisible();
  // A key that comes while the list is being refreshed has nothing to act on.
  await expect(async () => {
    await page.keyboard.press('d');
    await expect(page.getByRole('dialog')).toBeVisible({ timeout: 1_500 });
  }).toPass({ timeout: 60_000 });
  await page.getByRole('dialog').getByLabel('Reason').fill('Two are enough');
  await page
    .getByRole('dialog')
    .getByLabel('Code')
    .fill(await phone.code());
  await page.getByRole('button', { name: 'Deny with a code' }).click();
  await expect(page.getByText('No approval is waiting.')).toBeVisible();
  await page.goto(`/approvals/${again.requestId}`);
  await expect(page.getByText('Two are enough').first()).toBeVisible();
});

test('suspending a production tenant waits for somebody else, and then happens', async ({ as }) => {
  const made = await fetch(`${portUrl(8404)}/tenants`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${login('service').password}` },
    body: JSON.stringify({
      id: 'prod-one',
      name: 'Production one',
      environment: 'production',
      homeRegion: 'eu-west',
    }),
  });
  expect(made.status).toBe(201);
  const operator = await as('operator');
  await operator.goto('/federation/tenants/prod-one');
  await operator.getByRole('button', { name: 'Suspend' }).click();
  const dialog = operator.getByRole('dialog');
  await dialog.getByLabel(/prod-one/).fill('prod-one');
  await dialog.getByLabel(/reason/i).fill('unpaid since June');
  await dialog.getByRole('button', { name: 'Suspend tenant' }).click();
  await expect(operator.getByText('Waiting for approval').first()).toBeVisible();
  await expect(operator.getByText('active', { exact: true }).first()).toBeVisible();

  const admin = await as('admin', { width: 390 });
  const phone = await enrol(admin, 'admin');
  await admin.getByRole('link', { name: /approvals? waits? for you/ }).click();
  await admin.getByRole('button', { name: 'Approve: Suspend Production one' }).click();
  await admin
    .getByRole('dialog')
    .getByLabel('Code')
    .fill(await phone.code());
  await admin.getByRole('button', { name: 'Approve with a code' }).click();
  await expect(operator.getByText('suspended', { exact: true }).first()).toBeVisible();
  await expect(operator.getByText('Waiting for approval:')).toHaveCount(0);

  await admin.goto('/approvals/policies');
  await expect(admin.getByText('Suspend a production tenant')).toBeVisible();
  await expectAccessible(admin);
});
