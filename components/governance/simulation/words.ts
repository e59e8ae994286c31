import type { Tone } from '#components/ui/pill.tsx';
import type { Verdict } from '#server/governance/simulation/schema/judgement.ts';

export const verdictTone: Record<Verdict | 'context', Tone> = {
  pass: 'ok',
  fail: 'bad',
  inconclusive: 'watch',
  context: 'idle',
};
export const verdictWord: Record<Verdict | 'context', string> = {
  pass: 'passed',
  fail: 'failed',
  inconclusive: 'inconclusive',
  context: 'context',
};
export const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** Three digits that matter; whole numbers stay whole. */
export const figure = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
export const percent = (value: number | null): string =>
  value === null ? 'none' : `${Math.round(value * 1000) / 10} %`;
