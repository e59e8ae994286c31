import { Pill, type Tone } from '#components/ui/pill.tsx';
import type { RegionRow } from '#server/federation/regions/schema.ts';

const kinds: Record<RegionRow['database'], { tone: Tone; label: string }> = {
  embedded: { tone: 'ok', label: 'Real, embedded' },
  own: { tone: 'ok', label: 'Real, yours' },
  unconnected: { tone: 'idle', label: 'Real, not connected' },
  simulated: { tone: 'sim', label: 'Simulated' },
};

/** What its database is: the word that every list, the map and the streams use. */
export const RegionKind = ({ database }: { database: RegionRow['database'] }) => (
  <Pill tone={kinds[database].tone}>{kinds[database].label}</Pill>
);
