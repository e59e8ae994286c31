import type { CDPSession, Page } from '@playwright/test';
import { totpCode } from '#kernel/auth/totp.ts';
import { baseUrl, expect, expectAccessible, login, test } from './fixtures.ts';

/** Chromium's own authenticator, as a phone or laptop has one: discoverable credentials and user verification. */
async function authenticatorOf(page: Page): Promise<{ session: CDPSession; id: string }> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId: id } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { session, id };
}

async function signOut(page: Page, name: string) {
  await page.getByRole('button', { name: `Signed in as ${name}` }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/sign-in$/);
}

/** What asks for a step-up once ten minutes have gone; the journey asks the server for it as the page does. */
const askStepUp = (page: Page) => page.getByRole('button', { name: 'Make new codes' }).click();

test('a passkey: enrolled, signing in, stepping up, renamed, and removed', async ({ as }, info) => {
  test.slow();
  const page = await as('approver');
  const { session, id } = await authenticatorOf(page);
  const { name, password } = login('approver');
  await page.goto('/settings/security');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByLabel('Name of the passkey').fill('Laptop');
  await page.getByLabel('Your password').fill('not the password');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('Not right.')).toBeVisible();
  await page.mouse.move(0, 0);
  await expectAccessible(page);
  await page.getByLabel('Your password').fill(password);
  await page.getByRole('button', { name: 'Continue' }).click();
  const codes = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
  await expect(codes).toHaveCount(10);
  await page.getByLabel('I keep them in a safe place').check();
  await page.getByRole('button', { name: 'Done' }).click();
  const factors = page.getByRole('list', { name: 'Your factors' });
  await expect(factors.getByText('Laptop')).toBeVisible();
  const { credentials } = await session.send('WebAuthn.getCredentials', { authenticatorId: id });
  expect(credentials).toMatchObject([{ isResidentCredential: true, rpId: 'localhost' }]);

  // The password alone is not enough any more; the passkey alone is.
  await signOut(page, name);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByLabel('Code')).toBeVisible();
  await expectAccessible(page);
  await page.screenshot({ path: info.outputPath('sign-in-code.png') });
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page).toHaveURL(`${baseUrl()}/`);
  await signOut(page, name);
  await page.screenshot({ path: info.outputPath('sign-in.png') });
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page).toHaveURL(`${baseUrl()}/`);

  // Somebody who cannot show who they are gets nowhere with it.
  await signOut(page, name);
  await session.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: false });
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page.getByRole('alert').filter({ hasText: /passkey/ })).toBeVisible();
  await expect(page).toHaveURL(/sign-in/);
  await session.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: true });
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page).toHaveURL(`${baseUrl()}/`);

  // Stepping up: the first answer of the server is made the one of eleven minutes later.
  await page.goto('/settings/security');
  let refusals = 0;
  await page.route('**/api/trpc/mfa.renewRecoveryCodes*', async route => {
    if (refusals++ > 0) return route.continue();
    const problem = {
      type: 'about:blank',
      title: 'A second factor is needed',
      status: 401,
      detail: 'Confirm with your second factor to go on.',
      code: 'auth.step_up',
      kind: 'step_up',
      acrValues: ['mfa'],
      maxAge: 600,
    };
    const error = {
      message: problem.detail,
      code: -32001,
      data: { code: 'UNAUTHORIZED', httpStatus: 401, path: 'mfa.renewRecoveryCodes', problem },
    };
    await route.fulfill({ status: 401, json: [{ error }] });
  });
  await askStepUp(page);
  const dialog = page.getByRole('dialog', { name: 'Confirm it is you' });
  await expect(dialog.getByRole('button', { name: 'Confirm with a passkey' })).toBeVisible();
  await page.mouse.move(0, 0);
  await expectAccessible(page);
  await page.screenshot({ path: info.outputPath('step-up.png') });
  await dialog.getByRole('button', { name: 'Confirm with a passkey' }).click();
  await expect(codes).toHaveCount(10);
  await page.getByLabel('I keep them in a safe place').check();
  await page.getByRole('button', { name: 'Done' }).click();

  await page.getByRole('button', { name: 'Rename Laptop' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Work laptop');
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
  await expect(factors.getByText('Work laptop')).toBeVisible();

  // A real authenticator app beside it: its code confirms as well.
  await page.getByRole('button', { name: 'Enrol a device' }).click();
  await page.getByLabel('Name of the device').fill('Phone');
  await page.getByRole('button', { name: 'Continue' }).click();
  const secret = ((await page.getByTestId('totp-key').textContent()) ?? '').trim();
  await page.getByLabel('Code shown by the device').fill(totpCode(secret, new Date()));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(factors.getByText('Phone')).toBeVisible();
  refusals = 0;
  await askStepUp(page);
  await dialog.getByRole('button', { name: 'Use a code instead' }).click();
  await dialog.getByLabel('Code').fill(totpCode(secret, new Date(Date.now() + 30_000)));
  await dialog.getByRole('button', { name: 'Confirm with a code' }).click();
  await expect(codes).toHaveCount(10);
  await page.getByLabel('I keep them in a safe place').check();
  await page.getByRole('button', { name: 'Done' }).click();

  for (const factor of ['Work laptop', 'Phone']) {
    await page.getByRole('button', { name: `Remove ${factor}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
  await expect(page.getByText('You sign in with a password alone')).toBeVisible();
  await signOut(page, name);
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page.getByText('This passkey opens no account here')).toBeVisible();
});

for (const dark of [false, true])
  for (const width of [390, 1440])
    test(`the security page holds at ${width} px, ${dark ? 'dark' : 'light'}`, async ({ as }, info) => {
      const page = await as('operator', { width, dark });
      await authenticatorOf(page);
      await page.goto('/settings/security');
      await page.getByRole('button', { name: 'Add a passkey' }).click();
      await page.getByLabel('Name of the passkey').fill('Laptop with a rather long name');
      await page.getByLabel('Your password').fill(login('operator').password);
      await page.screenshot({ path: info.outputPath('adding.png') });
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByLabel('I keep them in a safe place').check();
      await page.getByRole('button', { name: 'Done' }).click();
      await expect(page.getByRole('list', { name: 'Your factors' })).toBeVisible();
      await expectAccessible(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.screenshot({ path: info.outputPath('security.png'), fullPage: true });
      await page.getByRole('button', { name: /^Remove/ }).click();
      await page.screenshot({ path: info.outputPath('removing.png') });
      await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
      await expect(page.getByText('You sign in with a password alone')).toBeVisible();
      await page.screenshot({ path: info.outputPath('none.png'), fullPage: true });
    });
