import { expect, test } from './fixtures.ts';

test('the environment says what is real first, and precheck really connects', async ({ as }) => {
  const page = await as('operator');
  await page.goto('/settings/environment?phase=G.5');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(
    'own state is real: an embedded Postgres keeps it on this machine. Nothing outside is connected',
  );
  const gateway = page.getByRole('listitem').filter({ hasText: 'Signing key' });
  await expect(gateway).toContainText('simulated');
  await expect(gateway).toContainText('COSIGN_KEY_PATH connects it');
  await page.getByRole('button', { name: 'Run precheck' }).click();
  const panel = page.getByRole('tabpanel');
  await expect(panel.getByText('PROCEED_SIMULATION')).toBeVisible();
  await expect(panel.getByText('P2 blocked')).toBeVisible();
  await expect(panel.getByRole('listitem').filter({ hasText: 'POLICY_HUB_URL' })).toContainText('MISSING');

  const auditor = await as('auditor');
  await auditor.goto('/settings/environment?phase=G.5');
  await expect(auditor.getByRole('tabpanel').getByText('PROCEED_SIMULATION')).toBeVisible();
  await expect(auditor.getByRole('button', { name: 'Run precheck' })).toBeDisabled();
});

test('the jobs page knows every job the workers announced, and when it comes next', async ({ as }) => {
  const page = await as('auditor');
  await page.goto('/jobs?tab=schedules');
  const row = page.getByRole('row').filter({ hasText: 'environment.precheck' });
  await expect(row).toContainText('* * * * *');
  await expect(row).toContainText(/in \d+ (s|min)/);
  await page.getByRole('tab', { name: 'Throughput' }).click();
  await expect(page.getByText('Runs that ended')).toBeVisible();
});
