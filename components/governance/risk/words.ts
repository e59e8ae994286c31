import type { Tone } from '#components/ui/pill.tsx';
import type { Dimension, IncidentState, Level, Severity } from '#server/governance/risk/schema.ts';

export const levelTone: Record<Level, Tone> = { low: 'ok', med: 'watch', high: 'bad', critical: 'bad' };
export const levelWord: Record<Level, string> = {
  low: 'Low',
  med: 'Medium',
  high: 'High',
  critical: 'Critical',
};

export const dimensionWord: Record<Dimension, string> = {
  security: 'Security',
  cost: 'Cost',
  performance: 'Performance',
  reliability: 'Reliability',
  compliance: 'Compliance',
};

export const severityTone: Record<Severity, Tone> = {
  debug: 'idle',
  info: 'idle',
  low: 'idle',
  medium: 'watch',
  high: 'bad',
  critical: 'bad',
};

export const stateTone: Record<IncidentState, Tone> = { open: 'bad', acknowledged: 'watch', resolved: 'ok' };
export const stateWord: Record<IncidentState, string> = {
  open: 'Open',
  acknowledged: 'Taken on',
  resolved: 'Resolved',
};

export const percent = (probability: number) => `${Math.round(probability * 100)} %`;
