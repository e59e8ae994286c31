import type { Page } from '@playwright/test';
import { expect, expectAccessible, test } from './fixtures.ts';

const card = (page: Page, title: string | RegExp) =>
  page.locator('section').filter({ has: page.getByRole('heading', { level: 2, name: title, exact: true }) });

test('the overview answers what an operator asks first, and leads to where it stands', async ({ as }) => {
  const page = await as('operator');
  await page.goto('/');
  await expect(card(page, 'Risk by tenant').getByRole('rowheader')).toHaveCount(6);
  await expect(card(page, 'Open incidents')).toContainText(/open|No incident/);
  await expect(card(page, 'If a region were lost')).toContainText(/to us-east.*judged/);
  await expect(card(page, 'If a region were lost')).toContainText(/snapshot|Restored/);
  await expect(card(page, 'Executions')).toContainText(/under way/);
  await expect(card(page, 'Policy mesh')).toContainText(/Relays in touch\s*\d+ of \d+/);
  await expect(card(page, /^Cost in /)).toContainText(/billed through .*at the month’s end/);
  await expectAccessible(page);
  await card(page, 'If a region were lost')
    .getByRole('link', { name: /eu-west to us-east/ })
    .click();
  await expect(page).toHaveURL(/failover\?pair=eu-west\.us-east/);
  await expect(page.getByRole('heading', { name: 'Can eu-west fail over to us-east?' })).toBeVisible();
});

test('its cards keep to the scope', async ({ as }) => {
  const page = await as('operator', { width: 390, dark: true });
  await page.goto('/?in-tenant=t1');
  await expect(card(page, 'Risk by tenant').getByRole('rowheader')).toHaveCount(1);
  await expect(card(page, 'Risk by tenant')).toContainText('Tenant one');
  await expect(card(page, /^Cost in /).getByRole('link', { name: 'Cost' })).toHaveAttribute('href', /of=t1/);
  const sideways = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(sideways).toBe(0);
  await expectAccessible(page);
});

test('what cannot be read says so and can be asked for again', async ({ as }) => {
  const page = await as('operator');
  const asked = (url: URL) => url.pathname.startsWith('/api/trpc/') && url.pathname.includes('costs.month');
  await page.route(asked, route => route.abort());
  await page.goto('/');
  const cost = card(page, 'Cost this month');
  await expect(cost.getByRole('alert')).toContainText('The console cannot be reached');
  await page.unroute(asked);
  await cost.getByRole('button', { name: 'Try again' }).click();
  await expect(card(page, /^Cost in /)).toContainText('billed through');
});
