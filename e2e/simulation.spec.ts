import { expect, expectAccessible, portUrl, test } from './fixtures.ts';

test('an operator breaks something in the simulated world, sees it and heals it', async ({ as }) => {
  const page = await as('operator');
  await page.goto('/governance/simulations');
  await page.getByRole('button', { name: 'Inject clock skew' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Target').selectOption('ap-northeast');
  await dialog.getByRole('button', { name: 'Inject', exact: true }).click();
  const heal = page.getByRole('button', { name: 'Heal clock skew on ap-northeast' });
  await expect(heal).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('under way in the simulated world');
  await expectAccessible(page);
  await heal.click();
  await expect(heal).toBeHidden();

  const auditor = await as('auditor');
  await auditor.goto('/governance/simulations');
  await expect(auditor.getByRole('button', { name: 'Inject clock skew' })).toBeDisabled();
});

test('a game day is rehearsed and leaves a signed report', async ({ as }) => {
  const page = await as('operator');
  await page.goto('/governance/simulations?tab=game-days');
  await page.getByLabel('Scenario').selectOption('Registry corruption');
  await page.getByRole('button', { name: 'Rehearse' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('passed')).toBeVisible();
  await expect(dialog.getByText('It was noticed.')).toBeVisible();
  await expect(dialog.getByText(/gameday_[0-9a-f-]+\.json/)).toBeVisible();
  await expectAccessible(page);
});

test('a plan is tried on a copy, and the port answers the same', async ({ as }) => {
  const page = await as('operator');
  await page.goto('/governance/simulations?tab=scorecards');
  await page.getByRole('button', { name: 'Try it' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('region', { name: 'Metrics' })).toBeVisible();
  await expect(dialog.getByText('Simulated')).toBeVisible();

  const answer = await page.request.post(`${portUrl(8808)}/simulate`, {
    data: {
      plan: {
        tenantId: 't1',
        steps: [{ action: 'scale', target: 'service-x', params: { replicas: 4 } }],
      },
    },
  });
  expect(answer.status()).toBe(201);
  expect(await answer.json()).toMatchObject({
    result: { simulated: true, scorecard: { metrics: expect.any(Array) } },
  });
});
