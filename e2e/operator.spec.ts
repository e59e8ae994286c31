import { expect, portUrl, test } from './fixtures.ts';

test('an operator makes a tenant, edits it, and another browser sees each change live', async ({ as }) => {
  const first = await as('operator');
  const second = await as('auditor');
  await second.goto('/federation/tenants');
  await expect(second.getByText('Acme Retail')).toBeVisible();

  await first.goto('/federation/tenants');
  await first.getByRole('button', { name: 'New tenant' }).first().click();
  const form = first.getByRole('dialog');
  await form.getByLabel('Name').fill('Zephyr Airlines');
  await form.getByRole('button', { name: 'Create tenant' }).click();
  await expect(
    form
      .getByText('Too small')
      .or(form.getByText(/region/i))
      .first(),
  ).toBeVisible();
  await form.getByLabel('Home region').selectOption('eu-west');
  await form.getByRole('button', { name: 'Create tenant' }).click();
  await expect(first).toHaveURL(/tenants\/zephyr-airlines/);
  await expect(second.getByRole('cell', { name: 'Zephyr Airlines' })).toBeVisible();

  await first.getByRole('button', { name: 'Edit' }).click();
  await first.getByRole('dialog').getByLabel('Name').fill('Zephyr Air');
  await first.getByRole('button', { name: 'Save' }).click();
  await expect(first.getByRole('heading', { name: 'Zephyr Air', exact: true })).toBeVisible();
  await expect(second.getByRole('cell', { name: 'Zephyr Air', exact: true })).toBeVisible();

  await first.getByRole('button', { name: 'Suspend' }).click();
  const danger = first.getByRole('dialog');
  await danger.getByLabel(/Type "zephyr-airlines"/).fill('zephyr-airlines');
  await danger.getByLabel('Reason').fill('moved away');
  await danger.getByRole('button', { name: 'Suspend tenant' }).click();
  await expect(first.getByText('suspended').first()).toBeVisible();
  await first.getByRole('tab', { name: 'Timeline' }).click();
  await expect(first.getByText('Operator suspended tenant Zephyr Air: moved away')).toBeVisible();
  await expect(first.getByRole('button', { name: /In the ledger, entry/ }).first()).toBeVisible();
});

test('where a request goes is asked on a page; a home region moves with a plan, and not by editing', async ({
  as,
}) => {
  const page = await as('operator');
  await page.goto('/federation/routing');
  await page.getByLabel('Tenant', { exact: true }).selectOption('test');
  await page.getByRole('button', { name: 'Ask for the route' }).click();
  // To its home, unless that is passed over where its sign of life was late; and us-east only follows eu-west.
  await expect(
    page.getByRole('heading', { name: /^A request of test goes to [a-z]+-[a-z]+\b/ }),
  ).toBeVisible();
  await expect(page.getByRole('main')).toContainText('us-east');

  await page.goto('/federation/tenants/test');
  await page.getByRole('button', { name: 'Edit' }).click();
  await expect(page.getByRole('dialog').getByLabel('Home region')).toBeDisabled();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Move', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('To', { exact: true }).selectOption('sa-east');
  await expect(dialog.getByText('Make sa-east the home of test')).toBeVisible();
  await dialog.getByLabel('Reason').fill('only a look');
  await dialog.getByRole('button', { name: 'Run dry' }).click();
  await page.getByRole('tab', { name: 'Moves' }).click();
  await expect(page.getByText('dry run').first()).toBeVisible();
  await expect(page.getByText('active, at home in us-east')).toBeVisible();
});

test('the keyboard goes places, finds things and opens rows', async ({ as }) => {
  const page = await as('operator');
  // The second key counts for a moment after the first.
  await expect(async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('t');
    await expect(page).toHaveURL(/federation\/tenants/, { timeout: 5_000 });
  }).toPass({ timeout: 60_000 });
  await expect(page.getByText('Acme Retail')).toBeVisible();
  await page.getByRole('rowgroup', { name: /j and k/ }).focus();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toContainText('Borealis Bank');
  await expect(page).toHaveURL(/peek=borealis-bank/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder(/Go to, find by name/).fill('delta');
  await page.getByRole('option', { name: /^Delta Games/ }).click();
  await expect(page).toHaveURL(/tenants\/delta-games/);
});

test('a filter lives in the URL, and no match is told apart from no data', async ({ as }) => {
  const page = await as('operator');
  await page.goto('/federation/tenants?q=nothing-like-this');
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await page.getByRole('button', { name: 'Clear the filter' }).click();
  await expect(page.getByText('Acme Retail')).toBeVisible();
  await page.goto('/federation/tenants?tier=critical');
  await expect(page.getByText('3 rows match')).toBeVisible();
});

test('ports answer in the simulated world and count what they refuse', async ({ request }) => {
  const list = await request.get(`${portUrl(8401)}/region/list`);
  expect(list.status()).toBe(200);
  expect((await list.json()).rows.length).toBe(5);
  expect((await request.post(`${portUrl(8401)}/region/register`, { data: { name: 'x' } })).status()).toBe(
    401,
  );
  await expect.poll(async () => (await request.get(`${portUrl(8404)}/health`)).status()).toBe(200);
  expect(await (await request.get(`${portUrl(8404)}/metrics`)).text()).toContain(
    'atom_procedure_duration_seconds',
  );
});
