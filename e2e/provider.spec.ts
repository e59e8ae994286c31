import type { Page } from '@playwright/test';
import { baseUrl, expect, expectAccessible, login, signIn, test } from './fixtures.ts';

const password = 'any';

/** The provider's own pages, as it serves them: who are you, and may the console know. */
async function throughProvider(page: Page, name: string) {
  await page.getByPlaceholder('Enter any login').fill(name);
  await page.getByPlaceholder('and password').fill(password);
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

test('a provider opens an account without rights, and a local one only after it was connected', async ({
  chromiumBrowser,
}, info) => {
  test.slow();
  const context = await chromiumBrowser.newContext({
    baseURL: baseUrl(),
    viewport: { width: 390, height: 844 },
  });
  const page = await context.newPage();
  await page.goto('/sign-in?next=%2Ffederation%2Ftenants');
  await expectAccessible(page);
  await page.screenshot({ path: info.outputPath('sign-in.png') });
  await page.getByRole('link', { name: 'Continue with the test provider' }).click();
  await throughProvider(page, 'visitor');
  await expect(page).toHaveURL(/settings\/profile/);
  await expect(page.getByText('have no role yet')).toBeVisible();
  await expect(page.getByLabel('Current password')).toHaveCount(0);
  await expectAccessible(page);
  await page.screenshot({ path: info.outputPath('guest.png'), fullPage: true });
  await context.close();

  // Somebody with a local account connects it from within its own session.
  const own = await chromiumBrowser.newContext({ baseURL: baseUrl(), colorScheme: 'dark' });
  const auditor = await own.newPage();
  await signIn(auditor, 'auditor');
  await auditor.goto('/settings/security');
  await expect(auditor.getByText('not connected')).toBeVisible();
  await auditor.getByRole('button', { name: 'Connect' }).click();
  await auditor.getByLabel('Your password').fill(login('auditor').password);
  await auditor.screenshot({ path: info.outputPath('connecting.png') });
  await auditor.getByRole('button', { name: 'Go to the provider' }).click();
  await throughProvider(auditor, 'a-real-auditor');
  await expect(auditor).toHaveURL(/settings\/security/);
  await expect(auditor.getByText('connected', { exact: true })).toBeVisible();
  await expectAccessible(auditor);
  await auditor.screenshot({ path: info.outputPath('connected.png'), fullPage: true });
  await own.clearCookies();
  await auditor.goto('/sign-in');
  await auditor.getByRole('link', { name: 'Continue with the test provider' }).click();
  await throughProvider(auditor, 'a-real-auditor');
  await expect(auditor.getByRole('button', { name: 'Signed in as auditor' })).toBeVisible();
  await auditor.goto('/settings/security');
  await auditor.getByRole('button', { name: 'Disconnect' }).click();
  await expect(auditor.getByText('not connected')).toBeVisible();

  // An answer that belongs to nothing opens nothing, and the page says so.
  await own.clearCookies();
  await auditor.goto('/api/oidc/callback?state=made-up&code=made-up');
  await expect(auditor.getByText('belongs to no sign-in that waits for one')).toBeVisible();
  await own.close();
});
