import { expect, it } from 'vitest';
import type { ReadContext } from '../trpc/context.ts';
import { defineControl, runControl, worstOf } from './define.ts';

it('takes the worst, and what cannot be proved for worse than a pass', () => {
  expect(worstOf([])).toBe('N/A');
  expect(worstOf(['PASS', 'N/A'])).toBe('PASS');
  expect(worstOf(['PASS', 'BLOCKED', 'PASS'])).toBe('BLOCKED');
  expect(worstOf(['BLOCKED', 'FAIL', 'PASS'])).toBe('FAIL');
});

it('calls a control that throws blocked, never passed', async () => {
  const broken = defineControl({
    id: 'x',
    policy: 'P1',
    system: 's',
    title: 't',
    run: () => Promise.reject(new Error('no table')),
  });
  expect(await runControl(broken, {} as ReadContext)).toEqual({
    result: 'BLOCKED',
    reason: 'It could not be checked: no table',
  });
});
