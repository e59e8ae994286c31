import type { Locator, Page } from '@playwright/test';
import { expect, expectAccessible, test } from './fixtures.ts';

/** What is said is sent a moment after the screen shows it, one after the other. */
const saying = (page: Page, state: string) =>
  page.waitForRequest(
    request => request.url().includes('saveTour') && (request.postData() ?? '').includes(`"${state}"`),
  );

/** The server keeps it a moment after it is sent. */
const staysAway = (page: Page, tour: Locator) =>
  expect(async () => {
    await page.reload();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(tour).toBeHidden({ timeout: 1000 });
  }).toPass({ timeout: 90_000 });

for (const [name, options] of [
  ['wide', {}],
  ['on a phone', { width: 390 }],
] as const)
  test(`the tour greets once, goes by keyboard, waits, and is resumed from help: ${name}`, async ({ as }) => {
    const page = await as('approver', { ...options, tour: true });
    const tour = page.getByRole('region', { name: 'Guided tour' });
    await expect(tour.getByText('Welcome to ATOM Console')).toBeVisible();
    await expectAccessible(page);
    await tour.getByRole('button', { name: 'Start' }).click();
    await expect(tour.getByText('A sentence first')).toBeVisible();
    await tour.press('ArrowRight');
    await expect(tour.getByText('Where things are')).toBeVisible();
    await tour.press('ArrowLeft');
    await expect(tour.getByText('A sentence first')).toBeVisible();
    await tour.press('ArrowRight');
    const later = saying(page, 'later');
    await tour.press('Escape');
    await expect(tour).toBeHidden();
    await later;
    await staysAway(page, tour);
    const resume = page.getByRole('button', { name: 'Resume the tour at step 3' });
    // The page answers keys once it is alive.
    await expect(async () => {
      await page.keyboard.press('?');
      await expect(resume).toBeVisible({ timeout: 1000 });
    }).toPass();
    await resume.click();
    await expect(tour.getByText('Where things are')).toBeVisible();
    // In another browser of the same person it stands where it was.
    const other = await page.context().newPage();
    await other.goto('/');
    await expect(
      other.getByRole('region', { name: 'Guided tour' }).getByText('Where things are'),
    ).toBeVisible();
    await other.close();
    const steps = Number((await tour.getByText(/^3 of \d+$/).textContent())?.split(' ').at(-1));
    for (let step = 3; step < steps; step++) {
      await tour.getByRole('button', { name: 'Next' }).click();
      await expect(tour.getByText(`${step + 1} of ${steps}`)).toBeVisible();
    }
    const done = saying(page, 'done');
    await tour.getByRole('button', { name: 'Finish' }).click();
    await expect(tour).toBeHidden();
    await done;
    await staysAway(page, tour);
  });

test('the scope narrows lists and figures, goes along, and is cleared', async ({ as }) => {
  const page = await as('operator');
  await page.goto('/federation/tenants');
  await expect(page.getByRole('cell', { name: 'Cobalt Health' })).toBeVisible();
  await page.getByRole('button', { name: 'Scope, everywhere' }).click();
  await page.getByLabel('Region', { exact: true }).selectOption('us-east');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page).toHaveURL(/in-region=us-east/);
  await expect(page.getByRole('cell', { name: 'Acme Retail' })).toBeHidden();
  await expect(page.getByRole('cell', { name: 'Cobalt Health' })).toBeVisible();
  const bar = page.getByRole('region', { name: 'Scope of this page' });
  await expect(bar).toContainText('us-east');
  // By a link of the frame, by keys, by a link of a page, and by a reload.
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Regions' }).click();
  await expect(page).toHaveURL(/federation\/regions\?.*in-region=us-east/);
  await expect(page.getByText('1 row', { exact: true })).toBeVisible();
  await expect(async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('o');
    await expect(page).toHaveURL(/\/\?in-region=us-east/, { timeout: 5_000 });
  }).toPass({ timeout: 60_000 });
  await page.getByRole('heading', { level: 1 }).getByRole('link').first().click();
  await expect(page).toHaveURL(/federation\/regions\?in-region=us-east/);
  await page.reload();
  await expect(bar).toContainText('us-east');
  await bar.getByRole('button', { name: 'Clear scope' }).click();
  await expect(bar).toBeHidden();
  await expect(page).not.toHaveURL(/in-region/);
  await expect(page.getByText('5 rows')).toBeVisible();
});

test('a link shows others the same scope, also on a phone', async ({ as }) => {
  const page = await as('auditor', { width: 390 });
  await page.goto('/federation/tenants?in-tenant=borealis-bank&in-region=eu-west');
  await expect(page.getByText('1 row match').or(page.getByText('1 row', { exact: true }))).toBeVisible();
  const bar = page.getByRole('region', { name: 'Scope of this page' });
  await bar.getByRole('button', { name: 'Clear tenant' }).click();
  await expect(page.getByRole('cell', { name: 'Acme Retail' })).toBeVisible();
  await expectAccessible(page);
});

test('help names every key, and what waits is counted where it is', async ({ as }) => {
  const page = await as('operator');
  await page.getByRole('button', { name: 'Help' }).click();
  const help = page.getByRole('dialog', { name: 'Help' });
  await expect(help.getByText('Choose the row')).toBeVisible();
  await expect(help.getByText('Tenants')).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Help' })).toBeFocused();
});
