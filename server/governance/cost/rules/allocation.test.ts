import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate, type Charge } from './allocation.ts';
import { parseDecimal, toCents } from './decimal.ts';

const amount = (text: string) => parseDecimal(text) ?? 0n;
const cents = (text: string) => toCents(amount(text));
const charge = (text: string, rest: Partial<Charge> = {}): Charge => ({
  amount: amount(text),
  category: 'Usage',
  tenantId: null,
  resourceId: null,
  usage: null,
  ...rest,
});

describe('allocation', () => {
  it('divides a bill into workload, idle, shared and overhead', () => {
    const usage = [
      { tenantId: 'a', millionths: 500_000 },
      { tenantId: 'b', millionths: 250_000 },
    ];
    const found = allocate(
      [
        charge('60', { tenantId: 'a' }),
        charge('100', { resourceId: 'node-1', usage }),
        charge('30'),
        charge('19', { category: 'Tax' }),
        charge('-4', { category: 'Credit' }),
      ],
      amount('205.01'),
    );
    expect(found).toMatchObject({
      bill: '205',
      workload: '135',
      idle: '25',
      shared: '30',
      overhead: '15',
      drift: '0.01',
    });
    expect(found.tenants[0]).toEqual({
      tenantId: 'a',
      workload: '110',
      shared: '24.44',
      overhead: '12.22',
      total: '146.66',
    });
  });

  it('says where more was used than there is, and makes no negative idle of it', () => {
    const usage = [{ tenantId: 'a', millionths: 1_500_000 }];
    const found = allocate([charge('100', { resourceId: 'n', usage })]);
    expect(found).toMatchObject({
      workload: '100',
      idle: '0',
      overused: [{ resourceId: 'n', excess: '50' }],
    });
  });

  it('takes a credit on a resource off the overhead', () => {
    const usage = [{ tenantId: 'a', millionths: 100_000 }];
    expect(allocate([charge('-10', { resourceId: 'n', usage })])).toMatchObject({
      idle: '0',
      overhead: '-10',
    });
  });

  it('leaves in sight what nobody can be found for', () => {
    expect(allocate([charge('7.5')])).toMatchObject({ shared: '7.5', tenants: [], unallocated: '7.5' });
  });

  const tenant = fc.constantFrom('a', 'b', 'c');
  const anyCharge = fc.record({
    amount: fc.bigInt({ min: -(10n ** 21n), max: 10n ** 22n }),
    category: fc.constantFrom('Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment'),
    tenantId: fc.option(tenant),
    resourceId: fc.option(fc.constantFrom('n1', 'n2', 'n3')),
    usage: fc.option(
      fc.array(fc.record({ tenantId: tenant, millionths: fc.integer({ min: 0, max: 900_000 }) }), {
        maxLength: 4,
      }),
    ),
  });
  it('adds up to the bill to the cent, whatever the charges are, and idle is never negative', () => {
    fc.assert(
      fc.property(fc.array(anyCharge, { maxLength: 30 }), charges => {
        const found = allocate(charges);
        const bill = toCents(charges.reduce((sum, c) => sum + c.amount, 0n));
        const { workload, idle, shared, overhead } = found;
        expect(cents(found.bill)).toBe(bill);
        expect([workload, idle, shared, overhead].reduce((sum, part) => sum + cents(part), 0n)).toBe(bill);
        expect(cents(idle) >= 0n).toBe(true);
        const given = found.tenants.reduce((sum, t) => sum + cents(t.total), 0n);
        expect(given + cents(idle) + cents(found.unallocated)).toBe(bill);
        for (const t of found.tenants)
          expect(cents(t.workload) + cents(t.shared) + cents(t.overhead)).toBe(cents(t.total));
      }),
      { numRuns: 300 },
    );
  });
});
