import { Properties } from '#components/console/detail.tsx';
import { Time } from '#components/console/time.tsx';
import type { RegionRow } from '#server/federation/regions/schema.ts';
import { RegionKind } from './region-kind.tsx';
import { RegionState } from './region-state.tsx';

export function RegionProperties({ region }: { region: RegionRow }) {
  return (
    <Properties
      items={[
        ['State', <RegionState key="s" region={region} />],
        ['Since', <Time key="t" at={region.stateSince} />],
        ['Database', <RegionKind key="k" database={region.database} />],
        ['Heartbeats', region.simulatedPulse ? 'from the simulated world' : 'its own'],
        ['Last heard', region.heardAt === null ? 'never' : <Time key="h" at={region.heardAt} />],
        ['Role', region.role === 'member' ? 'member' : `${region.role}, epoch ${region.epoch}`],
        ['Environment', region.environment],
        [
          'Address',
          <span key="u" className="font-mono text-sm">
            {region.url}
          </span>,
        ],
        ['Provider', region.provider],
        ['Location', region.lat === null ? null : `${region.lat}, ${region.lon} (${region.country})`],
      ]}
    />
  );
}
