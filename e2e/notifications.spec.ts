import { expect, expectAccessible, test } from './fixtures.ts';

test('a test message is sent, recorded as simulated, and found in the log', async ({ as }) => {
  const page = await as('admin');
  await page.goto('/settings/channels');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('only record what would be said');
  await page.getByRole('button', { name: 'Send a test over Slack' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'nothing left the console' })).toBeVisible();
  await page.getByRole('link', { name: 'What was said' }).click();
  await expect(page.getByRole('dialog', { name: 'Test of Slack' })).toContainText('"simulated": true');
  await expectAccessible(page);
});

test('a person chooses how to be told, on the phone and in the dark', async ({ as }) => {
  const page = await as('approver', { width: 390, dark: true });
  await page.goto('/settings/notifications');
  const box = page.getByRole('checkbox', { name: 'System by E-mail' });
  await box.uncheck();
  await page.getByRole('checkbox', { name: /hold messages back/i }).check();
  await page.getByLabel('From').fill('21:30');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await page.reload();
  await expect(box).not.toBeChecked();
  await expect(page.getByLabel('From')).toHaveValue('21:30');
  await expectAccessible(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
});

test('the bell leads to the notifications, and endpoints explain who may change them', async ({ as }) => {
  const page = await as('operator');
  await page.goto('/');
  await page.getByRole('button', { name: /^Notifications/ }).click();
  await page.getByRole('menuitem', { name: 'All notifications' }).click();
  await expect(page).toHaveURL(/\/notifications$/);
  await expectAccessible(page);
  await page.goto('/settings/channels');
  await expect(page.getByRole('button', { name: 'New endpoint' })).toHaveAttribute('aria-disabled', 'true');
});
