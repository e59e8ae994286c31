export interface BudgetUse {
  amount: number;
  thresholds: readonly number[];
  /** What was spent since the first of the month, by whole days. */
  spent: number;
  /** Each of the last days, newest last: what the burn is taken from. */
  recent: readonly number[];
  /** What the rest of the month is forecast to cost; null where there is no forecast. */
  ahead: number | null;
  /** Days of this month of which there is no bill yet, those that are over among them. */
  unbilled: number;
  daysLeft: number;
}

export interface Burn {
  spent: number;
  ratio: number;
  /** At the month's end, as forecast, or else as the last days go on. */
  expected: number;
  /** How many times faster it is spent than it would have to be to last. 1 = just so. */
  rate: number | null;
  /** Days until it is used up; null where the month ends before. */
  lasts: number | null;
}

export function burnOf(use: BudgetUse): Burn {
  const perDay = use.recent.length === 0 ? null : use.recent.reduce((a, b) => a + b, 0) / use.recent.length;
  const expected = use.spent + (use.ahead ?? (perDay ?? 0) * use.unbilled);
  const left = use.amount - use.spent;
  const allowed = use.daysLeft > 0 ? Math.max(0, left) / use.daysLeft : 0;
  const lasts = perDay === null || perDay <= 0 ? null : Math.max(0, left) / perDay;
  return {
    spent: use.spent,
    ratio: use.amount > 0 ? use.spent / use.amount : use.spent > 0 ? Number.POSITIVE_INFINITY : 0,
    expected,
    rate: perDay === null || allowed === 0 ? null : perDay / allowed,
    lasts: lasts !== null && lasts < use.daysLeft ? lasts : null,
  };
}

export interface BudgetAlert {
  kind: 'actual' | 'forecast';
  threshold: number;
  value: number;
}

/** Which thresholds were passed and not told yet this month. Of several at once only the highest is told. */
export function alertsOf(
  use: BudgetUse,
  told: readonly { kind: string; threshold: number }[],
): BudgetAlert[] {
  const burn = burnOf(use);
  return (['actual', 'forecast'] as const).flatMap(kind => {
    const value = kind === 'actual' ? burn.spent : burn.expected;
    const passed = use.thresholds
      .filter(t => value * 100 >= t * use.amount && use.amount > 0)
      .sort((a, b) => b - a)[0];
    if (passed === undefined) return [];
    // What is spent already need not be forecast, and only a whole overrun is worth a forecast's alarm.
    if (kind === 'forecast' && (passed < 100 || burn.spent * 100 >= passed * use.amount)) return [];
    return told.some(t => t.kind === kind && t.threshold >= passed)
      ? []
      : [{ kind, threshold: passed, value }];
  });
}
