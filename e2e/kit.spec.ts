import { baseUrl, expect, expectAccessible, test } from './fixtures.ts';

test('the kit shows every component in both themes, and ten thousand rows scroll to the end', async ({
  chromiumBrowser,
}) => {
  const page = await (
    await chromiumBrowser.newContext({ baseURL: baseUrl(), viewport: { width: 1440, height: 900 } })
  ).newPage();
  await page.goto('/kit');
  await expect(page.getByText('10,000 rows')).toBeVisible();
  await expect(page.getByText('A gap, a forecast band and a budget').first()).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('rowgroup', { name: /j and k/ }).focus();
  await page.keyboard.press('End');
  await expect(page.getByRole('cell', { name: 'Row 10000' })).toBeVisible();
  expect(await page.getByRole('row').count()).toBeLessThan(60);
  await page.context().close();
});
