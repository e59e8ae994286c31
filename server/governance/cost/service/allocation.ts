import type { ReadContext } from '#kernel/trpc/context.ts';
import { allocate, type Charge } from '../rules/allocation.ts';
import { monthOf, monthStart, nextMonth } from '../rules/days.ts';
import { parseDecimal } from '../rules/decimal.ts';
import type { AllocationView } from '../schema.ts';
import { selectStated } from '../store/imports.ts';
import { selectCharges, selectMonths } from '../store/sums.ts';

/** The bill of a month, divided: what tenants ran, what nobody used, what all share, and what comes on top. */
export async function readAllocation(
  ctx: ReadContext,
  wanted: { month?: string | undefined; currency?: string | undefined },
): Promise<AllocationView> {
  const months = await selectMonths(ctx.db);
  const month = wanted.month ?? months[0] ?? monthOf(ctx.clock.now());
  const rows = await selectCharges(ctx.db, monthStart(month), nextMonth(month));
  const currencies = byCharges(rows);
  const currency = wanted.currency ?? currencies[0] ?? null;
  const own = rows.filter(row => row.currency === currency);
  // Tenants see their own charges only: an invoice's total says nothing about those.
  const stated = (ctx.scope.role === 'atom_tenant' ? [] : await selectStated(ctx.db, month)).filter(
    invoice => invoice.currency === currency,
  );
  const amount = (text: string) => parseDecimal(text) ?? 0n;
  const bill = own.reduce((sum, row) => sum + amount(row.amount), 0n);
  const difference = stated.reduce((sum, s) => sum + amount(s.stated) - amount(s.billed), 0n);
  const divided = allocate(
    own.map(
      (row): Charge => ({
        amount: amount(row.amount),
        category: row.category,
        tenantId: row.tenantId,
        resourceId: row.resourceId,
        usage: usageOf(row.usage),
      }),
    ),
    stated.length > 0 ? bill + difference : null,
  );
  return {
    month,
    months,
    currency,
    currencies,
    simulated: own.length > 0 && own.every(row => row.simulated),
    ...divided,
  };
}

/** What the month was billed in, that with the most charges first. */
function byCharges(rows: readonly { currency: string; charges: number }[]): string[] {
  const charges = new Map<string, number>();
  for (const row of rows) charges.set(row.currency, (charges.get(row.currency) ?? 0) + row.charges);
  return [...charges].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
}

/** `{"tenant": 0.25}`: parts of a resource's capacity, as measured; anything else says that nobody measured. */
function usageOf(text: string | null): Charge['usage'] {
  if (text === null) return null;
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== 'object' || read === null || Array.isArray(read)) return null;
    return Object.entries(read).flatMap(([tenantId, part]) =>
      typeof part === 'number' && part >= 0 && part < 1000
        ? [{ tenantId, millionths: Math.round(part * 1e6) }]
        : [],
    );
  } catch {
    return null;
  }
}
