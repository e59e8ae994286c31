import type { Locator, Page } from '@playwright/test';
import { totpCode } from '#kernel/auth/totp.ts';
import { baseUrl, expect, expectAccessible, login, test, withoutSecondFactor } from './fixtures.ts';

test.afterAll(() => withoutSecondFactor('admin'));

/** The next unused step: a code is good once, and the device was just confirmed with the present one. */
const nextCode = (secret: string) => totpCode(secret, new Date(Date.now() + 30_000));

const textOf = async (element: Locator): Promise<string> => ((await element.textContent()) ?? '').trim();

async function enter(page: Page, name: string, password: string) {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function enrol(page: Page, password: string): Promise<{ secret: string; recovery: string }> {
  await page.goto('/settings/security');
  await page.getByRole('button', { name: 'Enrol a device' }).click();
  await page.getByLabel('Name of the device').fill('Phone');
  await page.getByLabel('Your password').fill(password);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('img', { name: /QR code/ })).toBeVisible();
  await expectAccessible(page);
  const secret = await textOf(page.getByTestId('totp-key'));
  await page.getByLabel('Code shown by the device').fill(totpCode(secret, new Date()));
  await page.getByRole('button', { name: 'Confirm' }).click();
  const codes = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
  await expect(codes).toHaveCount(10);
  const recovery = await textOf(codes.first());
  await page.keyboard.press('Escape');
  await expect(codes).toHaveCount(10);
  await page.getByLabel('I keep them in a safe place').check();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('10 recovery codes left')).toBeVisible();
  return { secret, recovery };
}

test('signing in: wrong password, where one wanted to go, and never to another site', async ({
  chromiumBrowser,
}) => {
  const context = await chromiumBrowser.newContext({ baseURL: baseUrl() });
  const page = await context.newPage();
  const refused: string[] = [];
  page.on('console', line => /Content Security Policy/i.test(line.text()) && refused.push(line.text()));
  await page.goto('/settings/profile');
  await expect(page).toHaveURL(/sign-in\?next=%2Fsettings%2Fprofile/);
  await expectAccessible(page);
  await enter(page, 'auditor', 'not the password');
  await expect(page.getByText('Name or password is wrong')).toBeVisible();
  await enter(page, 'AUDITOR', login('auditor').password);
  await expect(page).toHaveURL(/settings\/profile$/);
  await page.getByRole('button', { name: 'Signed in as auditor' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/sign-in$/);
  await page.goto('/sign-in?next=//elsewhere.example/x');
  await enter(page, 'auditor', login('auditor').password);
  await expect(page).toHaveURL(`${baseUrl()}/`);
  expect(refused).toEqual([]);
  await context.close();
});

test('a second factor from enrolment to recovery, and the users and tokens it opens', async ({
  as,
  chromiumBrowser,
}) => {
  test.slow();
  const admin = await as('admin');
  await admin.goto('/settings/users');
  await admin.getByRole('button', { name: 'New user' }).click();
  const form = admin.getByRole('dialog');
  await form.getByLabel('Name', { exact: true }).fill('river');
  await form.getByLabel('Display name').fill('River');
  await form.getByRole('button', { name: 'Create' }).click();
  await expect(admin.getByText('you have none yet').first()).toBeVisible();
  const { secret, recovery } = await enrol(admin, login('admin').password);

  await admin.goto('/settings/users');
  await admin.getByRole('button', { name: 'New user' }).click();
  await form.getByLabel('Name', { exact: true }).fill('river');
  await form.getByLabel('Display name').fill('River');
  await form.getByRole('button', { name: 'Create' }).click();
  const password = await textOf(admin.getByTestId('shown-once'));
  await admin.getByRole('button', { name: 'I have kept it' }).click();

  // The one-time password opens only the change of itself.
  const other = await chromiumBrowser.newContext({ baseURL: baseUrl() });
  const river = await other.newPage();
  await river.goto('/federation/tenants');
  await enter(river, 'river', password);
  await expect(river).toHaveURL(/settings\/profile/);
  await river.getByLabel('Current password').fill(password);
  await river.getByLabel('New password', { exact: true }).fill('a river of my own');
  await river.getByLabel('New password again').fill('a river of my own');
  await river.getByRole('button', { name: 'Change password' }).click();
  await expect(river).toHaveURL(`${baseUrl()}/`);

  // Suspending ends the session that is open, also where nothing is clicked.
  await river.goto('/settings/profile');
  await admin.getByText('river', { exact: true }).click();
  await admin.getByRole('button', { name: 'Suspend' }).click();
  const danger = admin.getByRole('dialog').last();
  await danger.getByLabel(/Type "river"/).fill('river');
  await danger.getByLabel('Reason').fill('left');
  await danger.getByRole('button', { name: 'Suspend' }).click();
  await expect(admin.getByText('suspended').first()).toBeVisible();
  await river.goto('/settings/profile');
  await expect(river).toHaveURL(/sign-in/);

  // Signing in takes two steps now; a recovery code is good once.
  await enter(river, 'admin', login('admin').password);
  await river.getByLabel('Code').fill('000000');
  await river.getByRole('button', { name: 'Confirm' }).click();
  await expect(river.getByText('The code is wrong')).toBeVisible();
  await river.getByLabel('Code').fill(nextCode(secret));
  await river.getByRole('button', { name: 'Confirm' }).click();
  await expect(river).not.toHaveURL(/sign-in/);
  await river.goto('/settings/security');
  await river.getByRole('button', { name: 'Sign out' }).first().click();
  await expect(river).toHaveURL(/sign-in/);
  await enter(river, 'admin', login('admin').password);
  await river.getByLabel('Code').fill(recovery);
  await river.getByRole('button', { name: 'Confirm' }).click();
  await expect(river).not.toHaveURL(/sign-in/);
  await river.goto('/settings/security');
  await expect(river.getByText('9 recovery codes left')).toBeVisible();

  // A token is shown once, works, and stops when revoked.
  await river.goto('/settings/tokens');
  await river.getByRole('button', { name: 'New token' }).first().click();
  await river.getByRole('dialog').getByLabel('Name').fill('journey');
  await river.getByRole('button', { name: 'Create' }).click();
  const token = await textOf(river.getByTestId('shown-once'));
  const call = () =>
    other.request.get('/api/v1/tenants', { headers: { authorization: `Bearer ${token}`, cookie: '' } });
  expect((await call()).status()).toBe(200);
  await river.getByRole('button', { name: 'I have kept it' }).click();
  await river.getByRole('button', { name: 'Revoke journey' }).click();
  await river.getByLabel(/Type "journey"/).fill('journey');
  await river.getByLabel('Reason').fill('done');
  await river.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(river.getByText('revoked', { exact: true })).toBeVisible();
  expect((await call()).status()).toBe(401);
  await other.close();

  // Leaves the login as the other journeys expect it.
  await admin.goto('/settings/security');
  await admin.getByRole('button', { name: 'Remove' }).click();
  await admin.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(admin.getByText('You sign in with a password alone')).toBeVisible();
});

test('the cookie alone changes nothing from elsewhere, and a forged one is nobody', async ({ as }) => {
  const page = await as('operator');
  const context = page.context();
  const cookie = (await context.cookies()).find(c => c.name === 'atom-session');
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });

  const change = (headers: Record<string, string>) =>
    context.request.post('/api/trpc/tenants.suspend', {
      data: { id: 't1', reason: 'from elsewhere' },
      headers,
    });
  for (const headers of [
    {},
    { 'x-atom-csrf': '1', origin: 'https://elsewhere.example' },
    { 'x-atom-csrf': '1', 'sec-fetch-site': 'cross-site' },
    { origin: baseUrl() },
  ]) {
    const answer = await change(headers as Record<string, string>);
    expect(answer.status()).toBe(403);
    expect(await answer.text()).toContain('auth.csrf');
  }

  const me = (value: string) =>
    context.request
      .get('/api/trpc/identity.me', { headers: { cookie: `atom-session=${value}` } })
      .then(answer => answer.json());
  const whole = cookie?.value ?? '';
  expect((await me(whole)).result.data).toMatchObject({ kind: 'user', name: 'operator' });
  for (const forged of [`${whole.slice(0, -3)}AAA`, 'eyJhbGciOiJub25lIn0.eyJzaWQiOiJ4In0.', 'x'])
    expect((await me(forged)).result.data).toMatchObject({ kind: 'anonymous' });

  const huge = await context.request.post('/api/auth/callback/credentials', {
    form: { name: 'operator', password: 'x'.repeat(2_000_000) },
  });
  expect(huge.status()).toBe(413);
  const unknown = await context.request.get('/settings/profile', {
    headers: { cookie: 'atom-session=forged' },
    maxRedirects: 0,
  });
  expect(unknown.status()).toBe(307);
  expect(unknown.headers().location).toContain('/sign-in');
});
