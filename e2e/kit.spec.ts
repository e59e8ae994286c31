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
  await page.getByRole('rowgroup', { name: /^Ten thousand rows: j and k/ }).focus();
  await page.keyboard.press('End');
  await expect(page.getByRole('cell', { name: 'Row 10000' })).toBeVisible();
  expect(await page.getByRole('row').count()).toBeLessThan(60);
  await page.context().close();
});

for (const colorScheme of ['light', 'dark'] as const)
  test(`what opens over the page is readable in the ${colorScheme} theme, and ends`, async ({
    chromiumBrowser,
  }) => {
    const context = await chromiumBrowser.newContext({
      baseURL: baseUrl(),
      viewport: { width: 390, height: 844 },
      colorScheme,
    });
    const page = await context.newPage();
    await page.goto('/kit');
    const area = page.getByRole('region', { name: 'In the page’s theme' });
    await expect(area.getByText('The database is away')).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await expectAccessible(page);
    for (const name of [
      'Dialog',
      'Drawer',
      'Confirm, refused',
      'Danger',
      'Shown once',
      'Palette',
      'Help',
      'Bulk, partly failing',
    ]) {
      await area.getByRole('button', { name, exact: true }).click();
      const dialog = page.getByRole('dialog');
      await expect(dialog).toBeVisible();
      await expectAccessible(page);
      if (name === 'Confirm, refused') {
        await dialog.getByRole('button', { name: 'Retry' }).click();
        await expect(dialog.getByText('Somebody else runs it already.')).toBeVisible();
      }
      await page.keyboard.press('Escape');
      if (name === 'Shown once') await dialog.getByRole('button', { name: 'I have kept it' }).click();
      await expect(dialog).toBeHidden();
    }
    await context.close();
  });
