import { Pill, type Tone } from '#components/ui/pill.tsx';
import type { RegionRow } from '#server/federation/regions/schema.ts';

const tones: Record<RegionRow['state'], Tone> = {
  active: 'ok',
  degraded: 'watch',
  pending: 'watch',
  unreachable: 'bad',
  quarantined: 'watch',
  retired: 'idle',
};

export const RegionState = ({ state }: { state: RegionRow['state'] }) => (
  <Pill tone={tones[state]}>{state}</Pill>
);
