import type { CDPSession, Page } from '@playwright/test';
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

/** A person whose first factor is the passkey of this device. */
export async function enrolPasskey(page: Page, role: Role): Promise<void> {
  await authenticatorOf(page);
  await page.goto('/settings/security');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByLabel('Name of the passkey').fill('Phone');
  await page.getByLabel('Your password').fill(login(role).password);
  await page.getByRole('button', { name: 'Continue' }).click();
  await keepCodes(page);
}
