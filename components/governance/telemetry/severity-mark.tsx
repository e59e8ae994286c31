import { Pill, type Tone } from '#components/ui/pill.tsx';
import type { Severity } from '#server/governance/observability/schema.ts';

const tones: Record<Severity, Tone> = {
  debug: 'idle',
  info: 'idle',
  low: 'idle',
  medium: 'watch',
  high: 'bad',
  critical: 'bad',
};

export function SeverityMark({ severity }: { severity: Severity }) {
  return <Pill tone={tones[severity]}>{severity}</Pill>;
}
