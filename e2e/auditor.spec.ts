import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, expectAccessible, portUrl, test } from './fixtures.ts';

const run = promisify(execFile);

/** The verbs as anybody runs them; they need no database and no network. */
const atom = (...words: string[]) =>
  run(process.execPath, ['--disable-warning=ExperimentalWarning', 'scripts/atom.ts', ...words]).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (failed: { code: number; stdout: string }) => ({ code: failed.code, stdout: failed.stdout }),
  );
const verifyEvidence = (file: string) => atom('verify-evidence', file);
const verifyReceipt = (file: string, keys: string[]) =>
  atom('ledger', 'verify', '--receipt', file, ...keys.flatMap(key => ['--key', key]));

test('an auditor proves an entry in the browser, takes evidence away and verifies it offline', async ({
  as,
}, info) => {
  test.slow(); // two people, an archive, and the command line twice
  const operator = await as('operator');
  await operator.goto('/federation/tenants/fjord-media');
  await operator.getByRole('button', { name: 'Suspend' }).click();
  const danger = operator.getByRole('dialog');
  await danger.getByLabel(/Type "fjord-media"/).fill('fjord-media');
  await danger.getByLabel('Reason').fill('contract ended');
  await danger.getByRole('button', { name: 'Suspend tenant' }).click();
  await expect(operator.getByText('suspended').first()).toBeVisible();

  const page = await as('auditor');
  await page.goto('/governance/ledger');
  const sentence = 'Operator suspended tenant Fjord Media: contract ended';
  await expect(page.getByRole('button', { name: sentence })).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/entries are sealed/);
  await expect(page.getByText('verified here')).toBeVisible();

  await page.getByRole('button', { name: /^System/ }).click();
  await page.getByRole('menuitemcheckbox', { name: /tenants/ }).click();
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/system=tenants/);
  await page.getByLabel('Search the ledger').fill('suspended fjord');
  await expect(page.getByText('1 entry shown')).toBeVisible();

  await page.getByRole('button', { name: sentence }).click();
  const drawer = page.getByRole('dialog');
  await expect(drawer.getByText('It changed state from “active” to “suspended”.')).toBeVisible();
  await drawer.getByRole('tab', { name: 'Proof' }).click();
  await expect(drawer.getByText('Verified in this browser')).toBeVisible();
  for (const step of [
    'The entry’s bytes hash to its leaf',
    'The path leads to the signed root',
    'Ed25519 signature',
    'ML-DSA-65 signature',
  ])
    await expect(drawer.getByRole('listitem').filter({ hasText: step })).toContainText('checked');
  await expectAccessible(page);
  const taken = page.waitForEvent('download');
  await drawer.getByRole('button', { name: 'Take the receipt' }).click();
  const receipt = info.outputPath('entry.tlog-proof');
  await (await taken).saveAs(receipt);
  const keys = await (await page.request.get('/tlog/keys')).text();
  const proven = await verifyReceipt(receipt, keys.trim().split('\n'));
  expect(proven.stdout).toContain('OK  Entry');
  expect((await verifyReceipt(receipt, keys.trim().split('\n').slice(0, 1))).code).toBe(1);
  await drawer.getByRole('button', { name: 'Change one byte and see' }).click();
  await expect(drawer.getByText(/^Does not verify/)).toBeVisible();
  await expect(drawer.getByRole('listitem').filter({ hasText: 'hash to its leaf' })).toContainText(
    'does not hold',
  );
  await drawer.getByRole('button', { name: 'Use the true bytes again' }).click();
  await expect(drawer.getByText('Verified in this browser')).toBeVisible();
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Export' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: /Evidence with proofs/ }).click();
  const file = info.outputPath('evidence.zip');
  await (await download).saveAs(file);
  const held = await verifyEvidence(file);
  expect(held.stdout).toContain('The evidence holds.');
  expect(held.code).toBe(0);

  const bytes = readFileSync(file);
  const at = bytes.indexOf('contract ended');
  expect(at).toBeGreaterThan(0);
  bytes[at] = 'C'.charCodeAt(0);
  const forged = info.outputPath('forged.zip');
  writeFileSync(forged, bytes);
  const refused = await verifyEvidence(forged);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toMatch(/FAIL {2}Entry \d+ .*its bytes were changed/);

  await page.goto('/governance/ledger?routine=true&type=audit.read,audit.exported');
  await expect(page.getByRole('button', { name: /^Auditor took away ledger\.zip/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Auditor looked at audits\.get/ }).first()).toBeVisible();
});

test('why an entry is there: linked entries as a list and as a graph, by keyboard', async ({ as }) => {
  const page = await as('operator');
  await page.goto('/governance/ledger/test-id');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('A sample of the demo world');
  await page.getByLabel('Add a remark').fill('looked at it together');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByText('Written into the ledger')).toBeVisible();
  await page.reload();
  await expect(page.getByRole('listitem').filter({ hasText: 'looked at it together' })).toContainText(
    /caused by 2/,
  );
  await page.getByRole('button', { name: 'Graph' }).click();
  const graph = page.getByRole('button', { name: /created the tenant Test/ });
  await expect(graph).toBeVisible();
  await expectAccessible(page);
  await graph.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('created the tenant Test');
});

test('anybody in the simulated world may ask port 8805 to explain the sample entry', async ({ request }) => {
  const answer = await request.get(`${portUrl(8805)}/audit/test-id`);
  expect(answer.status()).toBe(200);
  const entry = await answer.json();
  expect(entry).toMatchObject({ reference: 'test-id', state: 'sealed', type: 'audit.noted' });
  expect(entry.proof.checkpoint).toContain('\n— ');
  expect((await request.get(`${portUrl(8805)}/audit/no-such-entry`)).status()).toBe(404);
});
