import { expect, it } from 'vitest';
import { matrixOf, staleMs, transitions } from './rules.ts';

const row = (policy: 'P1' | 'P5', result: 'PASS' | 'FAIL', at: string) => ({
  control: policy + result,
  policy,
  system: 's',
  title: 't',
  result,
  reason: 'r',
  evidence: [],
  at,
});

it('shows the worst of each policy, unknown as N/A, and an old run as stale', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const fresh = matrixOf([row('P5', 'PASS', at), row('P5', 'FAIL', at)], new Date(at));
  expect(fresh.policies.find(p => p.policy === 'P5')?.result).toBe('FAIL');
  expect(fresh.policies.find(p => p.policy === 'P1')?.result).toBe('N/A');
  expect(fresh.stale).toBe(false);
  expect(matrixOf([row('P1', 'PASS', at)], new Date(Date.parse(at) + staleMs + 1)).stale).toBe(true);
  expect(matrixOf([], new Date(at)).stale).toBe(true);
});

it('raises once and clears once', () => {
  expect(transitions([], [{ id: 'a', result: 'FAIL' }])).toEqual({ raised: ['a'], cleared: [] });
  expect(transitions(['a'], [{ id: 'a', result: 'FAIL' }])).toEqual({ raised: [], cleared: [] });
  expect(transitions(['a'], [{ id: 'a', result: 'PASS' }])).toEqual({ raised: [], cleared: ['a'] });
  expect(transitions(['a'], [{ id: 'a', result: 'BLOCKED' }])).toEqual({ raised: [], cleared: [] });
});
