import { expect, it } from 'vitest';
import { failureOf, newerFailure, worthOf } from './drill-words.ts';

const drill = (passed: boolean, startedAt = '2026-11-21T10:00:00.000Z') => ({
  ...{ id: 'd', snapshotId: 's', origin: 'demand' as const, startedAt, durationMs: 9_400, passed },
  checks: [
    { name: 'Signature and files', passed: true, found: 'all there' },
    { name: 'Rows', passed, found: passed ? 'all there' : '3 rows are missing' },
    { name: 'Ledger', passed, found: passed ? 'whole' : 'it ends early' },
  ],
});
const proven = (at: string) => ({ snapshotId: 'old', at, durationMs: 9_400 });

it('a snapshot whose restore failed is not like one that was never tried', () => {
  expect(worthOf({ provenAt: null }, undefined)).toEqual({ tone: 'watch', word: 'unproven' });
  expect(worthOf({ provenAt: null }, drill(false))).toEqual({ tone: 'bad', word: 'failed its drill' });
  expect(worthOf({ provenAt: '2026-11-21T10:00:00.000Z' }, drill(true)).word).toBe('proven');
  expect(failureOf(drill(false))).toBe('Rows: 3 rows are missing');
  expect(failureOf(drill(true))).toBeNull();
});

it('a failure is news until something was proved after it', () => {
  const failed = drill(false);
  const why = 'Rows: 3 rows are missing';
  expect(newerFailure([failed], proven('2026-11-21T09:00:00.000Z'))).toMatchObject({ snapshotId: 's', why });
  expect(newerFailure([failed], null)).toMatchObject({ why });
  expect(newerFailure([failed], proven('2026-11-21T11:00:00.000Z'))).toBeNull();
  expect(newerFailure([drill(true, '2026-11-21T11:00:00.000Z'), failed], null)).toBeNull();
  expect(newerFailure([], null)).toBeNull();
});
