'use client';

import { useDownRegions } from '#components/federation/edge-routing/down-regions.ts';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import type { RegionRow } from '#server/federation/regions/schema.ts';
import { databaseDown, type Standing, standingOf } from './standing.ts';

const tones: Record<Standing, Tone> = {
  active: 'ok',
  degraded: 'watch',
  pending: 'watch',
  unreachable: 'bad',
  [databaseDown]: 'bad',
  quarantined: 'watch',
  retired: 'idle',
};

/** What its own heartbeats and people say, unless the observers find its database down. */
export function RegionState({ region }: { region: Pick<RegionRow, 'id' | 'state'> }) {
  const standing = standingOf(region, useDownRegions());
  return <Pill tone={tones[standing]}>{standing}</Pill>;
}
