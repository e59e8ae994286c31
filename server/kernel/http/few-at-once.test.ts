import { expect, it } from 'vitest';
import { fewAtOnce } from './few-at-once.ts';

it('lets a few of one caller run, lets some wait and refuses the rest, and keeps callers apart', async () => {
  const few = fewAtOnce({ running: 2, waiting: 1 });
  const ends: (() => void)[] = [];
  const began: string[] = [];
  const call = (who: string, name: string) =>
    few(who, () => {
      began.push(name);
      return new Promise<string>(resolve => ends.push(() => resolve(name)));
    });
  const calls = ['a1', 'a2', 'a3'].map(name => call('a', name));
  const other = call('b', 'b1');
  await expect(call('a', 'a4')).rejects.toMatchObject({ kind: 'rate_limited', details: { retryAfter: 1 } });
  expect(began).toEqual(['a1', 'a2', 'b1']);
  ends[0]?.();
  await expect(calls[0]).resolves.toBe('a1');
  expect(began).toEqual(['a1', 'a2', 'b1', 'a3']);
  await expect(Promise.race([call('a', 'a5'), Promise.resolve('waits')])).resolves.toBe('waits');
  for (const end of ends.slice(1)) end();
  await expect(Promise.all([...calls, other])).resolves.toEqual(['a1', 'a2', 'a3', 'b1']);
});

it('gives its place back where a call fails', async () => {
  const few = fewAtOnce({ running: 1, waiting: 0 });
  await expect(few('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(few('a', async () => 'yes')).resolves.toBe('yes');
});
