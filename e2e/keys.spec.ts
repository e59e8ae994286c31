import { baseUrl, expect, expectAccessible, test } from './fixtures.ts';

test('signing keys: what signs what, that it is a simulation, and public keys for everybody', async ({
  as,
}) => {
  for (const options of [{}, { width: 390, dark: true }]) {
    const page = await as('auditor', options);
    await page.goto('/settings/keys');
    await expect(page.getByRole('heading', { level: 1 })).toContainText('A simulation key signs artefacts');
    await expect(page.getByText('ML-DSA-65').first()).toBeVisible();
    const rotate = page.getByRole('button', { name: /^Rotate Ed25519 [0-9a-f]{8}$/ });
    await expect(rotate).toHaveAttribute('aria-disabled', 'true');
    await expectAccessible(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  }
  const answer = await fetch(`${baseUrl()}/api/v1/keys`);
  const { keys } = (await answer.json()) as { keys: { alg: string; d?: string; priv?: string }[] };
  expect(keys.map(key => key.alg).sort()).toEqual(['EdDSA', 'ML-DSA-65']);
  expect(keys.some(key => key.d !== undefined || key.priv !== undefined)).toBe(false);
});
