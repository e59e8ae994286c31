import { expect, test } from './fixtures.ts';

test('an operator sees what a failover of the real pair would do, and tries it dry', async ({ as }) => {
  const page = await as('operator');
  await page.goto('/federation/failover?pair=eu-west.us-east');
  // Replication between the two real servers begins with the console; a pair is there once the stream is.
  await expect(page.getByRole('list', { name: 'Steps' }).getByText(/Take the right to write/)).toBeVisible();
  await expect(page.getByText('Predicted loss')).toBeVisible();
  await page.getByRole('button', { name: 'Run dry' }).click();
  const run = page.locator('button[aria-expanded]', { hasText: 'eu-west to us-east' }).first();
  await run.click();
  await expect(run).toHaveAttribute('aria-expanded', 'true');
  await expect(page.getByText('dry run', { exact: true }).first()).toBeVisible();
});

test('what is mistyped is named where it is typed, also where the check comes with the form', async ({
  as,
}) => {
  const page = await as('admin');
  await page.goto('/federation/trust');
  await page.getByRole('button', { name: 'Edit rules' }).click();
  await page.getByLabel('Rules as JSON').fill('{');
  await expect(page.getByText('Not valid JSON.').first()).toBeVisible();
  await page.getByLabel('Rules as JSON').fill('{"replication": 7}');
  await expect(page.getByRole('button', { name: 'Review change' })).toBeDisabled();
  await page.getByRole('button', { name: 'Discard' }).click();

  await page.goto('/federation/routing');
  await page.getByRole('button', { name: 'Ask for the route' }).click();
  await expect(page.getByText('Choose a tenant.')).toBeVisible();

  await page.goto('/policies');
  await page.getByRole('button', { name: 'New policy' }).first().click();
  const form = page.getByRole('dialog');
  await expect(form.locator('input:focus, select:focus, textarea:focus')).toBeVisible();
});
