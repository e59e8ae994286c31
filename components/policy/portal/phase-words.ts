import type { PhaseRow } from '#server/policy/portal/schema.ts';

export const phaseWords: Record<PhaseRow['phase'], string> = {
  'G.1': 'Federation',
  'G.3': 'Self-hosting',
  'G.5': 'Policy mesh',
  'H.4': 'Governance',
  'I.1': 'Intelligence',
};
