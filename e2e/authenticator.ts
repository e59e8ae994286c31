import type { CDPSession, Locator, Page } from '@playwright/test';
import { expect, login, type Role } from './fixtures.ts';

/** Chromium's own authenticator, as a phone or laptop has one: discoverable credentials and user verification. */
export async function authenticatorOf(page: Page): Promise<{ session: CDPSession; id: string }> {
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

/** Ten codes are shown once, and have to be kept. */
export async function keepCodes(page: Page) {
  await expect(page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem')).toHaveCount(10);
  await page.getByLabel('I keep them in a safe place').check();
  await page.getByRole('button', { name: 'Done' }).click();
}

/** Goes on until it is let in: while the ledger is behind, as after a start on a busy machine, factors have to wait. */
export async function answered(page: Page, next: Locator): Promise<void> {
  await expect(async () => {
    const go = page.getByRole('button', { name: 'Continue' });
    if (await go.isVisible()) await go.click();
    await expect(next).toBeVisible({ timeout: 10_000 });
  }).toPass({ timeout: 120_000 });
}

/** A person whose first factor is the passkey of this device. */
export async function enrolPasskey(page: Page, role: Role): Promise<void> {
  await authenticatorOf(page);
  await page.goto('/settings/security');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByLabel('Name of the passkey').fill('Phone');
  await page.getByLabel('Your password').fill(login(role).password);
  await answered(page, page.getByRole('list', { name: 'Recovery codes' }));
  await keepCodes(page);
}
