import type { Page } from '@playwright/test';
import { expect, expectAccessible, test } from './fixtures.ts';

const heads = async (page: Page) =>
  (await page.getByRole('columnheader').allTextContents()).map(text => text.trim()).filter(Boolean);
const head = (page: Page, name: string) =>
  page.getByRole('columnheader', { name }).getByRole('button', { name, exact: true });

test('columns are moved by keyboard and by pointer, follow the person, and come back', async ({ as }) => {
  const page = await as('operator');
  await page.goto('/federation/tenants');
  await expect(page.getByRole('cell', { name: 'Acme Retail' })).toBeVisible();
  expect((await heads(page)).slice(0, 3)).toEqual(['Tenant', 'Slug', 'State']);
  await head(page, 'State').focus();
  await page.keyboard.press('Shift+ArrowLeft');
  await expect.poll(async () => (await heads(page)).slice(0, 3)).toEqual(['Tenant', 'State', 'Slug']);
  await expect(page.getByText('State is now column 2 of 7.')).toBeAttached();
  // The focus stays with the column: one can press on.
  await page.keyboard.press('Shift+ArrowLeft');
  await expect.poll(async () => (await heads(page)).slice(0, 3)).toEqual(['State', 'Tenant', 'Slug']);

  const [from, to] = [await head(page, 'Tier').boundingBox(), await head(page, 'State').boundingBox()];
  if (!from || !to) throw new Error('The columns are not on the screen.');
  const saved = page.waitForResponse(r => r.url().includes('preferences.saveTable') && r.ok());
  await page.mouse.move(from.x + 10, from.y + 10);
  await page.mouse.down();
  await page.mouse.move(to.x + 10, to.y + 10, { steps: 6 });
  await page.mouse.up();
  await expect.poll(async () => (await heads(page))[0]).toBe('Tier');
  expect(page.url()).not.toContain('sort=tier'); // a drag is no click
  await saved;

  const other = await as('operator');
  // The head of a streamed answer comes before the server has kept it.
  await expect(async () => {
    await other.goto('/federation/tenants');
    await expect(other.getByRole('cell', { name: 'Acme Retail' })).toBeVisible();
    expect((await heads(other))[0]).toBe('Tier');
  }).toPass({ timeout: 90_000 });
  const elsewhere = await as('auditor');
  await elsewhere.goto('/federation/tenants');
  await expect(elsewhere.getByRole('cell', { name: 'Acme Retail' })).toBeVisible();
  expect((await heads(elsewhere))[0]).toBe('Tenant');

  await page.getByRole('button', { name: 'View' }).click();
  await page.getByRole('menuitem', { name: 'Reset columns and density' }).click();
  await expect.poll(async () => (await heads(page)).slice(0, 3)).toEqual(['Tenant', 'Slug', 'State']);
});

test('several tenants are suspended at once, one entry each, and the undo sets them right', async ({
  as,
}) => {
  const page = await as('operator');
  await page.goto('/federation/tenants?q=test');
  await expect(page.getByText('2 rows match')).toBeVisible();
  await page.getByRole('rowgroup', { name: /x chooses/ }).focus();
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  const bar = page.getByRole('region', { name: 'Chosen rows' });
  await expect(bar).toContainText('2 chosen');
  await expectAccessible(page);
  await bar.getByRole('button', { name: 'Suspend' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Type "suspend 2" to confirm').fill('suspend 2');
  await dialog.getByLabel('Reason').fill('tried together');
  await dialog.getByRole('button', { name: 'Suspend 2 tenants' }).click();
  await expect(dialog.getByText('2 changed')).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Undo: reinstate them' }).click();
  await expect(dialog.getByText('2 changed')).toBeVisible();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(bar).toBeHidden();
  await expect(page.getByRole('cell', { name: 'suspended' })).toHaveCount(0);
  await page.goto('/federation/tenants/test?tab=timeline');
  await expect(page.getByText(/suspended tenant Test: tried together/)).toBeVisible();
  await expect(page.getByText(/reinstated tenant Test: Undone: tried together/)).toBeVisible();
});

test('all that match are counted by the server, and what is so already is told apart', async ({ as }) => {
  const page = await as('operator');
  await page.goto('/federation/tenants?tier=free');
  await expect(page.getByText('2 rows match')).toBeVisible();
  await page.getByLabel('Choose Test', { exact: true }).click();
  const bar = page.getByRole('region', { name: 'Chosen rows' });
  await bar.getByRole('button', { name: 'Choose all 2 that match' }).click();
  await expect(bar).toContainText('2 chosen');
  await bar.getByRole('button', { name: 'Reinstate' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('they are active already');
  await dialog.getByRole('button', { name: 'Reinstate 2 tenants' }).click();
  await expect(dialog.getByText('2 were so already')).toBeVisible();
  await dialog.getByRole('button', { name: 'Done' }).click();

  const auditor = await as('auditor');
  await auditor.goto('/federation/tenants?tier=free');
  // The box answers once the page is alive.
  await expect(() => auditor.getByLabel('Choose the page').check({ timeout: 1000 })).toPass();
  const suspend = auditor.getByRole('button', { name: 'Suspend' });
  await expect(suspend).toBeDisabled();
  await suspend.hover();
  await expect(auditor.getByText(/You lack the permission tenant:write/).first()).toBeVisible();
});

test('a view is saved under a name and opened again', async ({ as }) => {
  const page = await as('operator');
  await page.goto('/federation/tenants?tier=critical');
  await expect(page.getByText('3 rows match')).toBeVisible();
  await page.getByRole('button', { name: 'View' }).click();
  await page.getByRole('menuitem', { name: /Save this view/ }).click();
  await page.getByLabel('Save what is shown now as').fill('Critical ones');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect(page.getByText(/^\d+ rows$/)).toBeVisible();
  await page.getByRole('button', { name: 'View' }).click();
  await page.getByRole('menuitem', { name: 'Critical ones' }).click();
  await expect(page.getByText('3 rows match')).toBeVisible();
  await expect(page).toHaveURL(/tier=critical/);
});
