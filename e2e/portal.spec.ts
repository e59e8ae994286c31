import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, expectAccessible, login, portUrl, test } from './fixtures.ts';

const run = promisify(execFile);
const verifyEvidence = (file: string) =>
  run(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    'scripts/atom.ts',
    'verify-evidence',
    file,
  ]);

test('anybody sees whether the edge follows the hub, and is asked to sign in for more', async ({
  chromiumBrowser,
}) => {
  const context = await chromiumBrowser.newContext({ baseURL: process.env.ATOM_E2E_URL ?? '' });
  const page = await context.newPage();
  await page.goto('/portal');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(
    /relays follow the hub|no relay has joined/,
  );
  await expect(page.getByText('retention-default')).toBeVisible();
  await expect(page.getByText('verified here')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Audits' })).toHaveCount(0);
  await expectAccessible(page);
  await page.goto('/portal/audits');
  await expect(page).toHaveURL(/sign-in/);
  const { name, password } = login('auditor');
  await page.getByLabel(/^name/i).fill(name);
  await page.getByLabel(/^password/i).fill(password);
  await page.getByRole('button', { name: /sign in/i }).click();
  await expect(page).toHaveURL(/\/portal\/audits/);
  await context.close();
});

test('an auditor reads an audit, verifies its entry here, and takes evidence of an instant away', async ({
  as,
}, info) => {
  test.slow();
  const operator = await as('operator');
  await operator.goto('/policies/audits');
  await operator.getByRole('button', { name: 'Audit now' }).click();
  await expect(operator.getByText(/^Audited: \d+ findings/)).toBeVisible();
  await expect(operator.getByRole('heading', { level: 1 })).toContainText(/relays and \d+ active policies/);
  const cell = operator.getByRole('button', { name: /P2 Secrets and signing: BLOCKED/ }).first();
  await cell.focus();
  await operator.keyboard.press('Enter');
  await expect(operator.getByText(/simulation key/).first()).toBeVisible();
  await expectAccessible(operator);
  const report = operator.waitForEvent('download');
  await operator.getByRole('link', { name: 'OpenReports' }).click();
  expect((await report).suggestedFilename()).toMatch(/^edge-audit-.*\.json$/);

  const page = await as('auditor');
  await page.goto('/policies/audits');
  await expect(page.getByRole('button', { name: 'Audit now' })).toHaveAttribute('aria-disabled', 'true');

  await page.goto('/portal/audits');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/could not be proved|failed/);
  await page.getByRole('tab', { name: 'By region' }).click();
  await expect(page.getByRole('table', { name: 'P1 to P7 by region' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: /^pass/ }).click();
  await page
    .getByRole('button', { name: /policy\.signatures/ })
    .first()
    .click();
  await page.getByRole('dialog').getByRole('link', { name: 'Open the ledger entry' }).click();
  await expect(page).toHaveURL(/\/portal\/entries\//);
  await expect(page.getByText('Verified in this browser')).toBeVisible();
  await page.getByRole('button', { name: 'Change one byte and see' }).click();
  await expect(page.getByText(/^Does not verify/)).toBeVisible();

  await page.getByRole('link', { name: 'What was active' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/\d+ policies were active/);
  await page.getByLabel('Region').selectOption({ index: 1 });
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/region=/);
  await expectAccessible(page);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Evidence of all of it' }).click();
  const file = info.outputPath('evidence.zip');
  await (await download).saveAs(file);
  const { stdout } = await verifyEvidence(file);
  expect(stdout).toMatch(/policy versions are signed twice/);
  expect(stdout).toContain('The evidence holds.');

  await page.getByLabel(/^Instant/).fill('2020-01-01T00:00:00');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByText('Nothing was active there then')).toBeVisible();

  await page.goto('/governance/ledger?routine=true&type=audit.read,audit.exported');
  await expect(page.getByRole('button', { name: /^Auditor took away evidence @/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Auditor looked at portal\.audits/ }).first()).toBeVisible();
});

test('the ports answer: state without signing in, evidence as an archive', async ({ request }) => {
  const port = portUrl(8705);
  expect(await (await request.get(`${port}/portal/sync`)).json()).toMatchObject({ system: 'portal' });
  expect(await (await request.get(`${port}/status`)).json()).toMatchObject({ system: 'portal' });
  expect(await (await request.get(`${portUrl(8704)}/status`)).json()).toMatchObject({ system: 'edgeAudits' });
  const pack = await request.get(`${port}/portal/evidence/retention-default`);
  expect(pack.status()).toBe(200);
  expect(pack.headers()['content-type']).toBe('application/zip');
  expect((await request.get(`${port}/portal/evidence/no-such-policy`)).status()).toBe(404);
  expect((await request.post(`${port}/portal/sync`)).status()).toBe(405);
});
