import type { Tone } from '#components/ui/pill.tsx';
import type { Matrix } from '#server/platform/alerts/schema.ts';

export const resultTone: Record<Matrix['policies'][number]['result'], Tone> = {
  PASS: 'ok',
  FAIL: 'bad',
  BLOCKED: 'watch',
  'N/A': 'idle',
};
