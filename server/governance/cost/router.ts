import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import {
  allocationInput,
  allocationOutput,
  anomaliesOutput,
  budgetRef,
  budgetSaved,
  budgetsInput,
  budgetsOutput,
  exportInput,
  exportOutput,
  forecastInput,
  forecastOutput,
  imported,
  importInput,
  importsOutput,
  monthInput,
  monthOutput,
  overviewOutput,
  predictionsInput,
  predictionsOutput,
  removed,
  rightsizingOutput,
  setBudgetInput,
  tenantInput,
} from './schema.ts';
import { readAllocation } from './service/allocation.ts';
import { listBudgets, removeBudget, setBudget } from './service/budgets.ts';
import { explainAnomalies, forecastCost, readOverview } from './service/forecast.ts';
import { exportCosts, importCosts, listImports } from './service/import.ts';
import { readMonth } from './service/month.ts';
import { listPredictions } from './service/predictions.ts';
import { readRightsizing } from './service/rightsizing.ts';

const seen = read({ permission: 'cost:read' });

export const costsRouter = router({
  overview: seen.output(overviewOutput).query(({ ctx }) => readOverview(ctx)),
  month: seen
    .input(monthInput)
    .output(monthOutput)
    .query(({ ctx, input }) => readMonth(ctx, input.tenantId)),
  forecast: seen
    .meta({
      openapi: {
        method: 'GET',
        path: '/cost/forecast/{tenantId}',
        summary: 'What a tenant will cost, with intervals, the chosen model and its accuracy',
      },
    })
    .input(forecastInput)
    .output(forecastOutput)
    .query(({ ctx, input }) => forecastCost(ctx, input)),
  allocation: seen
    .meta({
      openapi: { method: 'GET', path: '/cost/allocation', summary: 'A month’s bill, divided over tenants' },
    })
    .input(allocationInput)
    .output(allocationOutput)
    .query(({ ctx, input }) => readAllocation(ctx, input)),
  rightsizing: seen
    .meta({
      openapi: {
        method: 'GET',
        path: '/cost/rightsizing/{tenantId}',
        summary: 'How large a tenant’s services would have to be',
      },
    })
    .input(tenantInput)
    .output(rightsizingOutput)
    .query(({ ctx, input }) => readRightsizing(ctx, input.tenantId)),
  anomalies: seen
    .meta({
      openapi: {
        method: 'GET',
        path: '/cost/anomalies/{tenantId}',
        summary: 'Days that cost far more or less than usual, and why',
      },
    })
    .input(tenantInput)
    .output(anomaliesOutput)
    .query(({ ctx, input }) => explainAnomalies(ctx, input.tenantId)),
  predictions: seen
    .meta({
      openapi: {
        method: 'GET',
        path: '/cost/predictions',
        summary: 'What was said to cost, beside what it did cost',
      },
    })
    .input(predictionsInput)
    .output(predictionsOutput)
    .query(({ ctx, input }) => listPredictions(ctx, input)),
  imports: seen
    .meta({ openapi: { method: 'GET', path: '/cost/imports', summary: 'The last imports of charges' } })
    .output(importsOutput)
    .query(({ ctx }) => listImports(ctx)),
  export: seen
    .meta({ openapi: { method: 'GET', path: '/cost/export', summary: 'A month’s charges in FOCUS columns' } })
    .input(exportInput)
    .output(exportOutput)
    .query(({ ctx, input }) => exportCosts(ctx, input)),
  import: command({ permission: 'cost:import', audit: 'cost.imported' })
    .meta({
      openapi: { method: 'POST', path: '/cost/import', summary: 'Bring in charges in FOCUS columns' },
    })
    .input(importInput)
    .output(imported)
    .mutation(({ ctx, input }) => importCosts(ctx, input)),
  budgets: seen
    .meta({ openapi: { method: 'GET', path: '/cost/budgets', summary: 'Budgets and how fast they burn' } })
    .input(budgetsInput)
    .output(budgetsOutput)
    .query(({ ctx, input }) => listBudgets(ctx, input.tenantId)),
  setBudget: command({ permission: 'cost:budget', audit: 'cost.budget_set' })
    .meta({ openapi: { method: 'POST', path: '/cost/budgets', summary: 'Set a budget', success: 200 } })
    .input(setBudgetInput)
    .output(budgetSaved)
    .mutation(({ ctx, input }) => setBudget(ctx, input)),
  removeBudget: command({ permission: 'cost:budget', audit: 'cost.budget_removed' })
    .meta({ openapi: { method: 'DELETE', path: '/cost/budgets/{id}', summary: 'Remove a budget' } })
    .input(budgetRef)
    .output(removed)
    .mutation(({ ctx, input }) => removeBudget(ctx, input.id)),
});
