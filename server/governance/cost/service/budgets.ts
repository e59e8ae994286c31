import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { notificationJob } from '#server/platform/notifications/request.ts';
import { noSuchBudget, otherCurrency, staleBudget } from '../errors.ts';
import { costEvent } from '../events.ts';
import { alertsOf, type BudgetUse, burnOf } from '../rules/budget.ts';
import { dayMs, dayOf, daysBefore, monthOf, monthStart, nextMonth, startOf, today } from '../rules/days.ts';
import type { BudgetRow, SetBudgetInput } from '../schema.ts';
import {
  deleteBudget,
  findBudget,
  insertAlert,
  insertBudget,
  type StoredBudget,
  selectAlerts,
  selectBudgets,
  updateBudget,
} from '../store/budgets.ts';
import { selectDays } from '../store/sums.ts';
import { behindDays, byCurrency, forecastsOf, goneAfterDays } from './forecast.ts';

export async function listBudgets(ctx: ReadContext, tenantId?: string): Promise<{ rows: BudgetRow[] }> {
  const month = monthOf(ctx.clock.now());
  const [budgets, told] = await Promise.all([
    selectBudgets(ctx.db, tenantId ?? null),
    selectAlerts(ctx.db, month),
  ]);
  const rows: BudgetRow[] = [];
  for (const budget of budgets) {
    const burn = burnOf(await spendingOf(ctx, budget));
    const alerts = told.filter(alert => alert.budgetId === budget.id);
    rows.push({
      ...budget,
      month,
      ...burn,
      ratio: Number.isFinite(burn.ratio) ? burn.ratio : 0,
      alerts: alerts.map(({ budgetId: _, ...alert }) => alert),
    });
  }
  return { rows };
}

async function spendingOf(ctx: ReadContext, budget: StoredBudget): Promise<BudgetUse> {
  const now = ctx.clock.now();
  const until = today(now);
  const month = monthOf(now);
  const from = daysBefore(until, goneAfterDays);
  const billed = await selectDays(ctx.db, budget.tenantId, null, from, until);
  const own =
    budget.service === null ? billed : await selectDays(ctx.db, budget.tenantId, budget.service, from, until);
  const days = own.filter(day => day.currency === budget.currency);
  const newest = startOf(billed.at(-1)?.day ?? dayOf(until));
  const week = dayOf(daysBefore(newest, behindDays));
  // Bills may be behind: what comes after the last of them is ahead.
  const through = startOf(billed.findLast(day => day.currency === budget.currency)?.day ?? dayOf(from));
  const daysTo = (start: number) => Math.round((nextMonth(month).getTime() - start) / dayMs);
  return {
    amount: budget.amount,
    thresholds: budget.thresholds,
    spent: days.filter(day => day.day.startsWith(month)).reduce((sum, day) => sum + day.cost, 0),
    recent: days
      .filter(({ day }) => day >= week)
      .map(day => day.cost)
      .slice(-7),
    // One service's share is carried on as it was; the tenant as a whole has a forecast.
    ahead: budget.service === null ? await ahead(ctx, budget, month, daysTo(through.getTime())) : null,
    unbilled: daysTo(Math.max(monthStart(month).getTime(), through.getTime() + dayMs)),
    daysLeft: daysTo(until.getTime()),
  };
}

async function ahead(
  ctx: ReadContext,
  { tenantId, currency }: StoredBudget,
  month: string,
  days: number,
): Promise<number | null> {
  const all = await forecastsOf(ctx, tenantId, Math.max(31, days));
  const forecast = all.find(one => one.currency === currency)?.forecast;
  const points = forecast?.points.filter(point => point.day.startsWith(month));
  return points?.reduce((sum, point) => sum + point.value, 0) ?? null;
}

export async function setBudget(ctx: CommandContext, input: SetBudgetInput) {
  const tenant = await readTenant(ctx, input.tenantId);
  const until = today(ctx.clock.now());
  const billed = await selectDays(ctx.db, tenant.id, null, daysBefore(until, goneAfterDays), until);
  const known = byCurrency(billed).map(own => own.currency);
  if (known.length > 0 && !known.includes(input.currency)) throw otherCurrency(known, input.currency);
  const before = input.id === undefined ? null : await findBudget(ctx.db, input.id);
  if (input.id !== undefined && before?.tenantId !== tenant.id) throw noSuchBudget(input.id);
  const id = input.id ?? uuidv7(ctx.clock.now().getTime());
  const version = input.version ?? before?.version ?? 0;
  const { name, amount, currency, thresholds } = input;
  await ctx.commit(
    costEvent('cost.budget_set', { kind: 'budget', id }, { name, amount, currency, thresholds }),
    async tx => {
      if (before === null) return insertBudget(tx, id, input, ctx.clock.now());
      if (!(await updateBudget(tx, id, version, input, ctx.clock.now()))) throw staleBudget();
    },
    { tenantId: tenant.id },
  );
  return { id, version: before === null ? 1 : version + 1 };
}

export async function removeBudget(ctx: CommandContext, id: string) {
  const budget = await findBudget(ctx.db, id);
  if (!budget) throw noSuchBudget(id);
  await ctx.commit(
    costEvent('cost.budget_removed', { kind: 'budget', id }, { name: budget.name }),
    tx => deleteBudget(tx, id),
    { tenantId: budget.tenantId },
  );
  return { id };
}

/** Thresholds that were passed since the last look: each is told once a month, to those who can do something about it. */
export async function checkBudgets(ctx: CommandContext): Promise<number> {
  const month = monthOf(ctx.clock.now());
  const told = await selectAlerts(ctx.db, month);
  let count = 0;
  for (const budget of await selectBudgets(ctx.db, null)) {
    const own = told.filter(alert => alert.budgetId === budget.id);
    for (const alert of alertsOf(await spendingOf(ctx, budget), own)) {
      const value = Math.round(alert.value * 100) / 100;
      await ctx.commit(
        costEvent(
          'cost.budget_passed',
          { kind: 'budget', id: budget.id },
          { name: budget.name, threshold: alert.threshold, kind: alert.kind, value, amount: budget.amount },
          { tenantId: budget.tenantId, jobs: [messageOf(budget, month, { ...alert, value })] },
        ),
        async tx => {
          await insertAlert(tx, {
            budgetId: budget.id,
            month,
            kind: alert.kind,
            threshold: alert.threshold,
            tenantId: budget.tenantId,
            at: ctx.clock.now(),
            amount: budget.amount,
            value,
          });
        },
      );
      count++;
    }
  }
  if (count === 0) ctx.unchanged();
  return count;
}

const messageOf = (
  budget: StoredBudget,
  month: string,
  alert: { kind: 'actual' | 'forecast'; threshold: number; value: number },
) =>
  notificationJob({
    groupKey: `cost.budget:${budget.id}:${month}`,
    kind: 'alert',
    severity: alert.kind === 'actual' && alert.threshold >= 100 ? 'critical' : 'warning',
    title:
      alert.kind === 'actual'
        ? `${budget.name}: ${alert.threshold} % of the budget is spent`
        : `${budget.name}: the budget will not last until the month ends`,
    lines: [
      { label: 'Tenant', value: budget.tenantId },
      {
        label: alert.kind === 'actual' ? 'Spent' : 'Expected',
        value: `${alert.value.toFixed(2)} ${budget.currency}`,
      },
      { label: 'Budget', value: `${budget.amount.toFixed(2)} ${budget.currency}` },
    ],
    link: `/governance/cost?view=budgets&of=${encodeURIComponent(budget.tenantId)}`,
    to: { roles: ['admin', 'operator'] },
  });
