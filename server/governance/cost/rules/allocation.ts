import { centsAsText, splitCents, toCents } from './decimal.ts';

/** One charge as allocation looks at it; the amount in whole 10^-18 units. */
export interface Charge {
  amount: bigint;
  category: string;
  /** The tenant it names by itself. */
  tenantId: string | null;
  resourceId: string | null;
  /** What tenants used of a resource that several share, as parts of its capacity in millionths; null where nobody measured. */
  usage: readonly { tenantId: string; millionths: number }[] | null;
}

export interface TenantShare {
  tenantId: string;
  workload: string;
  shared: string;
  overhead: string;
  total: string;
}

export interface Allocation {
  bill: string;
  workload: string;
  idle: string;
  shared: string;
  overhead: string;
  tenants: TenantShare[];
  /** What nobody could be found for. It stays visible instead of being spread. */
  unallocated: string;
  /** What the invoice says less what its charges add up to; null where no invoice total was given. */
  drift: string | null;
  /** Resources whose tenants used more than there was: their parts were scaled down to the whole. */
  overused: { resourceId: string; excess: string }[];
}

const whole = 1_000_000n;
const overheadCategories = new Set(['Tax', 'Credit', 'Adjustment']);

/**
 * Σ(workload + idle + shared + overhead) is the bill, to the cent. A charge that names a tenant is that tenant's; a resource
 * with known use is divided by it, and what nobody used is idle; what is common is spread over tenants by their workload,
 * and so are taxes, credits, adjustments and what was bought for no resource. A negative charge makes no negative idle: it lowers the overhead.
 */
export function allocate(charges: readonly Charge[], stated: bigint | null = null): Allocation {
  const workload = new Map<string, bigint>();
  const give = (tenantId: string, amount: bigint) =>
    void workload.set(tenantId, (workload.get(tenantId) ?? 0n) + amount);
  const overused: Allocation['overused'] = [];
  let [idle, shared, overhead] = [0n, 0n, 0n];
  let bill = 0n;
  for (const charge of charges) {
    bill += charge.amount;
    const common = overheadCategories.has(charge.category);
    if (charge.tenantId !== null && !common) {
      give(charge.tenantId, charge.amount);
      continue;
    }
    const used = charge.usage;
    const bought = charge.category === 'Purchase' && charge.resourceId === null;
    if (common || bought || (used && charge.amount < 0n)) overhead += charge.amount;
    else if (!used) shared += charge.amount;
    else {
      const sum = used.reduce((total, u) => total + BigInt(u.millionths), 0n);
      const capacity = sum > whole ? sum : whole;
      let left = charge.amount;
      for (const { tenantId, millionths } of used) {
        const part = (charge.amount * BigInt(millionths)) / capacity;
        give(tenantId, part);
        left -= part;
      }
      if (sum > whole) {
        const excess = (charge.amount * (sum - whole)) / whole;
        overused.push({ resourceId: charge.resourceId ?? '', excess: centsAsText(toCents(excess)) });
        // Only what division left over, far below a cent: nobody was idle.
        shared += left;
      } else idle += left;
    }
  }
  const parts = inCents(
    bill,
    [...workload.values()].reduce((a, b) => a + b, 0n),
    idle,
    shared,
    overhead,
  );
  const names = [...workload.keys()].sort();
  const weights = names.map(name => positive(workload.get(name) ?? 0n));
  const spread = (cents: bigint) =>
    weights.some(w => w > 0n) ? splitCents(cents, weights) : names.map(() => 0n);
  const [ofShared, ofOverhead] = [spread(parts.shared), spread(parts.overhead)];
  const ofWorkload = rounded(
    names.map(name => workload.get(name) ?? 0n),
    parts.workload,
  );
  const nobody = weights.some(w => w > 0n) ? 0n : parts.shared + parts.overhead;
  return {
    bill: centsAsText(parts.bill),
    workload: centsAsText(parts.workload),
    idle: centsAsText(parts.idle),
    shared: centsAsText(parts.shared),
    overhead: centsAsText(parts.overhead),
    tenants: names.map((tenantId, i) => {
      const [w, s, o] = [ofWorkload[i] ?? 0n, ofShared[i] ?? 0n, ofOverhead[i] ?? 0n];
      return {
        tenantId,
        workload: centsAsText(w),
        shared: centsAsText(s),
        overhead: centsAsText(o),
        total: centsAsText(w + s + o),
      };
    }),
    unallocated: centsAsText(nobody),
    drift: stated === null ? null : centsAsText(toCents(stated) - parts.bill),
    overused,
  };
}

const positive = (value: bigint) => (value > 0n ? value : 0n);

/** The four parts in cents, so that they add up to the rounded bill: largest remainders take the cents that are left. */
function inCents(bill: bigint, workload: bigint, idle: bigint, shared: bigint, overhead: bigint) {
  const total = toCents(bill);
  const [w = 0n, i = 0n, s = 0n, o = 0n] = rounded([workload, idle, shared, overhead], total);
  return { bill: total, workload: w, idle: i, shared: s, overhead: o };
}

const cent = 10n ** 16n;

/** Each amount to a whole cent below or above, so that they add up to the total. A part that is not negative never becomes so. */
function rounded(amounts: readonly bigint[], total: bigint): bigint[] {
  const floors = amounts.map(a => (a >= 0n ? a / cent : -((-a + cent - 1n) / cent)));
  let left = total - floors.reduce((a, b) => a + b, 0n);
  const order = amounts
    .map((amount, index) => ({ index, remainder: amount - (floors[index] ?? 0n) * cent }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder < b.remainder ? 1 : -1));
  for (let i = 0; left > 0n && order.length > 0; i = (i + 1) % order.length) {
    const index = order[i]?.index ?? 0;
    floors[index] = (floors[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return floors;
}
