import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal, parseDecimal, splitCents, toCents } from './decimal.ts';
import { type FocusRow, identified, parseFocus, writeCsv, writeJson } from './focus.ts';
import { chargeCategories, serviceCategories } from './focus-columns.ts';

const base = {
  BilledCost: '1.25',
  BillingCurrency: 'EUR',
  BillingPeriodEnd: '2026-02-01T00:00:00Z',
  BillingPeriodStart: '2026-01-01T00:00:00Z',
  ChargeCategory: 'Usage',
  ChargePeriodEnd: '2026-01-02T00:00:00Z',
  ChargePeriodStart: '2026-01-01T00:00:00Z',
  EffectiveCost: '1.25',
  ProviderName: 'Example cloud',
  ServiceCategory: 'Compute',
  ServiceName: 'Machines',
};
const csv = (...rows: Record<string, string>[]) => writeCsv(rows);
const faultsOf = (change: Record<string, string>) =>
  parseFocus('csv', csv({ ...base }, { ...base, ...change })).faults;

describe('a FOCUS file', () => {
  it('is read with every column', () => {
    const { rows, faults } = parseFocus(
      'csv',
      csv({ ...base, SubAccountId: 't1', x_Team: 'blue', Tags: '{"a": 1}' }),
    );
    expect(faults).toEqual([]);
    expect(rows[0]).toMatchObject({
      tenantId: 't1',
      billedCost: '1.25',
      columns: { x_Team: 'blue', Tags: '{"a":1}' },
    });
  });

  it.each([
    ['BilledCost', 'many', 'no decimal'],
    ['BilledCost', '1,5', 'no decimal'],
    ['BilledCost', '0.0000000000000000001', 'no decimal'],
    ['ChargeCategory', 'Fun', 'none of'],
    ['ServiceCategory', 'Compote', 'no service category'],
    ['BillingCurrency', 'euro', 'no currency code'],
    ['SubAccountId', 'Acme Inc', 'cannot be a tenant'],
    ['ChargePeriodStart', '2026-01-01', 'no instant in UTC'],
    ['ChargePeriodEnd', '2026-01-01T00:00:00Z', 'not after'],
    ['Tags', '[', 'no JSON'],
    ['ServiceName', '', 'missing'],
    ['BillingCurrency', 'USD', 'EUR and USD'],
  ])('with a wrong %s (%s) is refused, naming line and column', (column, value, message) => {
    const faults = faultsOf({ [column]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({
      line: column === 'BillingCurrency' && value === 'USD' ? 1 : 3,
      column,
    });
    expect(faults[0]?.message).toContain(message);
  });

  it('counts lines through quoted line breaks', () => {
    const text = csv({ ...base, ChargeDescription: 'a\nb\nc' }, { ...base, BilledCost: 'x' });
    expect(parseFocus('csv', text).faults).toMatchObject([{ line: 5, column: 'BilledCost' }]);
  });

  it.each([
    ['BilledCost,BilledCost', 'twice'],
    ['Colour', 'no such column'],
  ])('with the header %s is refused', (header, message) => {
    expect(
      parseFocus('csv', `${header}\r\n1\r\n`)
        .faults.map(f => f.message)
        .join(),
    ).toContain(message);
  });

  it.each([
    ['"open', 'never closed'],
    ['a"b', 'inside a cell'],
    ['"a"b', 'after a closing'],
  ])('with broken quotes (%s) is refused', (text, message) => {
    expect(parseFocus('csv', text).faults[0]?.message ?? '').toMatch(
      new RegExp(message.replace('after', 'follows')),
    );
  });

  it('keeps numbers of JSON as they are written', () => {
    const text = `[${JSON.stringify({ ...base }).replace('"1.25"', '0.123456789012345678')}]`;
    expect(parseFocus('json', text).rows[0]?.billedCost).toBe('0.123456789012345678');
    expect(parseFocus('json', '{"a":1}\n{').faults.map(f => f.line)).toContain(2);
  });
});

const decimalText = fc
  .tuple(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }))
  .map(([whole, part]) => formatDecimal(whole * 10n ** 18n + part));
const words = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .filter(text => text.isWellFormed() && !text.includes('\0'));
const charge = fc
  .record({
    BilledCost: decimalText,
    EffectiveCost: decimalText,
    ChargeCategory: fc.constantFrom(...chargeCategories),
    ServiceCategory: fc.constantFrom(...serviceCategories),
    ServiceName: words.map(text => `s${text}`),
    ChargeDescription: fc.oneof(
      words,
      words.map(text => `=${text}`),
      words.map(text => `''-${text}`),
    ),
    x_Note: words,
  })
  .map(given => ({ ...base, ...given }));

describe('round trip', () => {
  it.each(['csv', 'json'] as const)('through %s every charge and its id comes back', format => {
    fc.assert(
      fc.property(fc.array(charge, { minLength: 1, maxLength: 8 }), charges => {
        const first = parseFocus('json', JSON.stringify(charges));
        expect(first.faults).toEqual([]);
        const columns = first.rows.map((row: FocusRow) => row.columns);
        const again = parseFocus(format, format === 'csv' ? writeCsv(columns) : writeJson(columns));
        expect(again.faults).toEqual([]);
        expect(identified(again.rows)).toEqual(identified(first.rows));
      }),
      { numRuns: 60 },
    );
  });

  it('tells equal charges of one file apart, and only by counting', () => {
    const { rows } = parseFocus('csv', csv({ ...base }, { ...base }));
    const ids = identified(rows).map(row => row.id);
    expect(new Set(ids).size).toBe(2);
    expect(identified(rows).map(row => row.id)).toEqual(ids);
  });
});

describe('decimals', () => {
  it.each([
    ['1.5', '1.5'],
    ['-0.10', '-0.1'],
    ['1e-3', '0.001'],
    ['2E2', '200'],
    ['.5', '0.5'],
  ])('%s is %s', (text, plain) => expect(formatDecimal(parseDecimal(text) ?? 0n)).toBe(plain));
  it.each(['', '.', 'NaN', '1_0', '0x1', '--1', '1e99'])('%s is none', text =>
    expect(parseDecimal(text)).toBeNull(),
  );
  it('round half a cent away from zero', () => {
    expect([toCents(parseDecimal('1.005') ?? 0n), toCents(parseDecimal('-1.005') ?? 0n)]).toEqual([
      101n,
      -101n,
    ]);
  });
  it('are split without a cent too many or too few', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
        fc.array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1, maxLength: 20 }),
        (total, weights) => {
          if (weights.every(w => w === 0n)) return;
          const parts = splitCents(total, weights);
          const sum = weights.reduce((a, b) => a + b, 0n);
          expect(parts.reduce((a, b) => a + b, 0n)).toBe(total);
          for (const [i, part] of parts.entries()) {
            const exact = (total * (weights[i] ?? 0n)) / sum;
            expect(part - exact >= -1n && part - exact <= 1n).toBe(true);
          }
        },
      ),
    );
  });
});
