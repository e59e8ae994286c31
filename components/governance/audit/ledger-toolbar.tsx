'use client';

import { useQuery } from '@tanstack/react-query';
import { Clock, Download, Filter, Pause, Play, X } from 'lucide-react';
import { SearchBox } from '#components/console/data-table/search-box.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Input } from '#components/ui/input.tsx';
import { Menu, MenuCheck, MenuItem, MenuLabel, MenuSeparator } from '#components/ui/menu.tsx';
import { exportLimits } from '#server/governance/audit/schema/terms.ts';
import { type FacetId, facetIds, type LedgerFilter } from './ledger-filter.ts';

const labels: Record<FacetId, string> = {
  type: 'Type',
  system: 'System',
  outcome: 'Outcome',
  actor: 'Actor',
  tenant: 'Tenant',
  channel: 'Channel',
};
const spans = [
  ['Last hour', 1],
  ['Last 24 hours', 24],
  ['Last 7 days', 7 * 24],
  ['Last 30 days', 30 * 24],
] as const;

export function LedgerToolbar({
  ledger,
  paused,
  onPause,
}: {
  ledger: LedgerFilter;
  paused: boolean;
  onPause: () => void;
}) {
  const trpc = useTRPC();
  const { state, set, filter, filtered, clear } = ledger;
  const {
    type: _t,
    system: _s,
    outcome: _o,
    actor: _a,
    tenant: _n,
    channel: _c,
    search: _q,
    ...open
  } = filter;
  const { data } = useQuery({ ...trpc.audits.facets.queryOptions(open), staleTime: 30_000 });
  return (
    <div className="flex flex-wrap items-center gap-2 border-b p-2">
      <SearchBox
        value={state.q}
        onChange={q => void set({ q: q || null })}
        placeholder="Type, actor, target, reference, number"
        label="Search the ledger"
      />
      {facetIds.map(id => {
        const chosen = state[id];
        const options = [
          ...(data?.[id] ?? []),
          ...chosen.filter(v => !data?.[id].some(o => o.value === v)).map(value => ({ value, label: value })),
        ] as { value: string; label: string; count?: number }[];
        return (
          <Menu
            key={id}
            align="start"
            trigger={
              <Button size="sm">
                <Filter className="size-3.5" />
                {labels[id]}
                {chosen.length ? (
                  <span className="num rounded bg-accent-soft px-1 text-accent">{chosen.length}</span>
                ) : null}
              </Button>
            }
          >
            {options.length === 0 ? <MenuLabel>Nothing to choose from</MenuLabel> : null}
            {options.map(option => (
              <MenuCheck
                key={option.value}
                checked={chosen.includes(option.value)}
                onChange={on =>
                  void set({ [id]: on ? [...chosen, option.value] : chosen.filter(v => v !== option.value) })
                }
              >
                <span className="flex-1">{option.label}</span>
                {option.count === undefined ? null : <span className="num text-ink-3">{option.count}</span>}
              </MenuCheck>
            ))}
            {data && data.counted >= 10_000 ? <MenuLabel>Counts cover the newest 10,000</MenuLabel> : null}
          </Menu>
        );
      })}
      <TimeMenu ledger={ledger} />
      {filtered ? (
        <Button size="sm" kind="quiet" onClick={() => void clear()}>
          <X className="size-3.5" /> Clear
        </Button>
      ) : null}
      <div className="ml-auto flex gap-1">
        <Button size="sm" kind="quiet" onClick={onPause} aria-pressed={paused}>
          {paused ? <Play className="size-3.5" /> : <Pause className="size-3.5" />}
          {paused ? 'Resume' : 'Pause'}
        </Button>
        <ExportMenu filter={filter} />
      </div>
    </div>
  );
}

function TimeMenu({ ledger: { state, set } }: { ledger: LedgerFilter }) {
  const chosen = state.from !== null || state.to !== null;
  const day = (text: string | null) => text?.slice(0, 10) ?? '';
  return (
    <>
      <Menu
        align="start"
        trigger={
          <Button size="sm">
            <Clock className="size-3.5" />
            Time
            {chosen ? <span className="num rounded bg-accent-soft px-1 text-accent">1</span> : null}
          </Button>
        }
      >
        <MenuItem onSelect={() => void set({ from: null, to: null })}>Any time</MenuItem>
        {spans.map(([label, hours]) => (
          <MenuItem
            key={label}
            onSelect={() =>
              void set({ from: new Date(Date.now() - hours * 3_600_000).toISOString(), to: null })
            }
          >
            {label}
          </MenuItem>
        ))}
        <MenuItem
          onSelect={() => {
            const today = new Date().toISOString().slice(0, 10);
            void set({ from: `${today}T00:00:00.000Z`, to: `${today}T23:59:59.999Z` });
          }}
        >
          Between two days …
        </MenuItem>
        <MenuSeparator />
        <MenuCheck checked={state.routine} onChange={routine => void set({ routine: routine || null })}>
          Routine entries too
        </MenuCheck>
      </Menu>
      {chosen ? (
        <span className="inline-flex items-center gap-1 text-ink-2 text-sm">
          <Input
            type="date"
            aria-label="From this day (UTC)"
            className="h-7 w-36"
            value={day(state.from)}
            onChange={event =>
              void set({ from: event.target.value ? `${event.target.value}T00:00:00.000Z` : null })
            }
          />
          to
          <Input
            type="date"
            aria-label="Up to and with this day (UTC)"
            className="h-7 w-36"
            value={day(state.to)}
            onChange={event =>
              void set({ to: event.target.value ? `${event.target.value}T23:59:59.999Z` : null })
            }
          />
        </span>
      ) : null}
    </>
  );
}

function ExportMenu({ filter }: { filter: LedgerFilter['filter'] }) {
  const why = useWhyNot('audit:export');
  const get = (format: string) =>
    location.assign(`/api/ledger/${format}?input=${encodeURIComponent(JSON.stringify(filter))}`);
  if (why)
    return (
      <Button size="sm" kind="quiet" why={why}>
        <Download className="size-3.5" /> Export
      </Button>
    );
  return (
    <Menu
      trigger={
        <Button size="sm" kind="quiet">
          <Download className="size-3.5" /> Export
        </Button>
      }
    >
      <MenuLabel>Everything that matches</MenuLabel>
      <MenuItem onSelect={() => get('zip')}>
        Evidence with proofs (zip, up to {exportLimits.zip.toLocaleString('en')})
      </MenuItem>
      <MenuItem onSelect={() => get('jsonl')}>
        JSON lines (up to {exportLimits.jsonl.toLocaleString('en')})
      </MenuItem>
      <MenuItem onSelect={() => get('csv')}>CSV (up to {exportLimits.csv.toLocaleString('en')})</MenuItem>
    </Menu>
  );
}
