import { Pill, type Tone } from '#components/ui/pill.tsx';
import type { PolicyRow, RolloutRow, VersionRow } from '#server/policy/hub/schema.ts';

const tones: Record<PolicyRow['state'] | VersionRow['state'] | RolloutRow['state'], Tone> = {
  new: 'idle',
  waiting: 'watch',
  staging: 'watch',
  staged: 'watch',
  active: 'ok',
  superseded: 'idle',
  withdrawn: 'bad',
  revoked: 'bad',
};

export const PolicyState = ({ state }: { state: keyof typeof tones }) => (
  <Pill tone={tones[state]}>{state}</Pill>
);
