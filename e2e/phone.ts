import type { Page } from '@playwright/test';
import { totpCode } from '#kernel/auth/totp.ts';
import { answered } from './authenticator.ts';
import { login, type Role } from './fixtures.ts';

const step = () => Math.floor(Date.now() / 30_000);

/** An authenticator: each time step gives one code, and the next one is waited for. */
export class Phone {
  readonly secret: string;
  private last: number;
  constructor(secret: string) {
    this.secret = secret;
    this.last = step();
  }
  /** The present one, with which the device is confirmed. */
  first = (): string => totpCode(this.secret, new Date(this.last * 30_000));
  async code(): Promise<string> {
    // One step ahead is accepted, so half a minute is the longest there is to wait.
    while (step() + 1 <= this.last) await new Promise(resolve => setTimeout(resolve, 250));
    this.last = Math.max(this.last + 1, step());
    return totpCode(this.secret, new Date(this.last * 30_000));
  }
}

export async function enrol(page: Page, role: Role): Promise<Phone> {
  await page.goto('/settings/security');
  await page.getByRole('button', { name: 'Enrol a device' }).click();
  await page.getByLabel('Name of the device').fill('Phone');
  await page.getByLabel('Your password').fill(login(role).password);
  await answered(page, page.getByTestId('totp-key'));
  const secret = ((await page.getByTestId('totp-key').textContent()) ?? '').trim();
  const phone = new Phone(secret);
  await page.getByLabel('Code shown by the device').fill(phone.first());
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByLabel('I keep them in a safe place').check();
  await page.getByRole('button', { name: 'Done' }).click();
  return phone;
}
