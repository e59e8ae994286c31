import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, expectAccessible, test } from './fixtures.ts';

const app = join(import.meta.dirname, '../app/(console)');

/** As the folders say, so that a page that is made tomorrow is looked at, too; of what has a name, one that is always there. */
const pages = [
  ...readdirSync(app, { recursive: true, encoding: 'utf8' })
    .filter(file => /(^|\/)page\.tsx$/.test(file) && !file.includes('['))
    .map(file => `/${file.replace(/\/?page\.tsx$/, '')}`),
  '/federation/regions/eu-west',
  '/federation/tenants/t1',
  '/federation/tenants/t1?tab=moves',
  '/governance/ledger/test-id',
].sort();

for (const [area, belongs] of [
  ['federation', (path: string) => path.startsWith('/federation')],
  ['governance and approvals', (path: string) => /^\/(governance|approvals)/.test(path)],
  ['policies, settings and the rest', (path: string) => !/^\/(federation|governance|approvals)/.test(path)],
] as const)
  test(`every page is accessible in both themes, wide and on a phone: ${area}`, async ({ as }) => {
    test.slow(); // every page in one journey; each is looked at in full
    const page = await as('admin');
    for (const path of pages.filter(belongs)) {
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto(path);
      await expect(page.getByRole('main')).toBeVisible();
      await page.waitForLoadState('load');
      await expectAccessible(page, path);
      await page.emulateMedia({ colorScheme: 'dark' });
      await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
      await expectAccessible(page, `${path}, dark`, ['color-contrast']); // nothing but colours differs
      await page.emulateMedia({ colorScheme: 'light' });
      await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
      await page.setViewportSize({ width: 390, height: 844 });
      await expect
        .poll(() => page.evaluate(() => document.documentElement.scrollWidth), {
          message: `${path} scrolls sideways`,
        })
        .toBeLessThanOrEqual(390);
      await expectAccessible(page, `${path}, 390 px`);
    }
  });
