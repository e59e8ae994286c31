import type { Page } from '@playwright/test';
import { totpCode } from '#kernel/auth/totp.ts';
import { authenticatorOf, keepCodes } from './authenticator.ts';
import { baseUrl, expect, expectAccessible, login, test, withoutSecondFactor } from './fixtures.ts';

test.afterAll(() => withoutSecondFactor('approver', 'operator'));

async function signOut(page: Page, name: string) {
  await page.getByRole('button', { name: `Signed in as ${name}` }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/sign-in/);
  await page.goto('/sign-in'); // whatever was still being asked for may lead here too, with a way back
}

/** Needs a second factor given within ten minutes: a session from before the enrolment has none. */
const askStepUp = (page: Page) => page.getByRole('button', { name: 'Make new codes' }).click();

test('a passkey: enrolled, signing in, stepping up, renamed, and removed', async ({ as }, info) => {
  test.setTimeout(600_000);
  const desk = await as('approver');
  const phone = await as('approver', { width: 390, dark: true });
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
  await keepCodes(page);
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

  // Stepping up, in a session from before: with the passkey, as synced to another device.
  const held = await session.send('WebAuthn.getCredentials', { authenticatorId: id });
  const other = await authenticatorOf(desk);
  for (const credential of held.credentials)
    await other.session.send('WebAuthn.addCredential', { authenticatorId: other.id, credential });
  await desk.goto('/settings/security');
  await askStepUp(desk);
  const dialog = desk.getByRole('dialog', { name: 'Confirm it is you' });
  await expect(dialog.getByRole('button', { name: 'Confirm with a passkey' })).toBeVisible();
  await desk.mouse.move(0, 0);
  await expectAccessible(desk);
  await desk.screenshot({ path: info.outputPath('step-up.png') });
  await dialog.getByRole('button', { name: 'Confirm with a passkey' }).click();
  await keepCodes(desk);

  await desk.getByRole('button', { name: 'Rename Laptop' }).click();
  await desk.getByLabel('Name', { exact: true }).fill('Work laptop');
  await desk.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
  const left = desk.getByRole('list', { name: 'Your factors' });
  await expect(left.getByText('Work laptop')).toBeVisible();

  // A real authenticator app beside it: its code confirms as well, on the phone.
  await desk.getByRole('button', { name: 'Enrol a device' }).click();
  await desk.getByLabel('Name of the device').fill('Phone');
  await desk.getByRole('button', { name: 'Continue' }).click();
  const secret = ((await desk.getByTestId('totp-key').textContent()) ?? '').trim();
  await desk.getByLabel('Code shown by the device').fill(totpCode(secret, new Date()));
  await desk.getByRole('button', { name: 'Confirm' }).click();
  await expect(left.getByText('Phone')).toBeVisible();
  await phone.goto('/settings/security');
  await askStepUp(phone);
  const asked = phone.getByRole('dialog', { name: 'Confirm it is you' });
  await asked.getByRole('button', { name: 'Use a code instead' }).click();
  await asked.getByLabel('Code').fill(totpCode(secret, new Date(Date.now() + 30_000)));
  await phone.screenshot({ path: info.outputPath('step-up-phone.png') });
  await asked.getByRole('button', { name: 'Confirm with a code' }).click();
  await keepCodes(phone);

  for (const factor of ['Work laptop', 'Phone']) {
    await desk.getByRole('button', { name: `Remove ${factor}` }).click();
    await desk.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await expect(desk.getByRole('dialog')).toHaveCount(0);
  }
  await expect(desk.getByText('You sign in with a password alone')).toBeVisible();
  await signOut(desk, name);
  await desk.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(desk.getByText('This passkey opens no account here')).toBeVisible();
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
