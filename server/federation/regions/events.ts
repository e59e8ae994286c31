import type { CommitEvent, JobRequest, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

export const regionTopic = 'regions';

const events = declareEvents('regions', {
  'region.registered': { reads: e => `${e.who} registered the region ${e.what}` },
  'region.updated': { reads: e => `${e.who} updated the registration of region ${e.what}` },
  'region.refused': {
    reads: e => `A registration in the name of region ${e.what} was refused`,
    outcome: 'refused',
  },
  'region.waiting': {
    reads: e => `${e.who} registered the production region ${e.what}, which waits for approval`,
    outcome: 'requested',
  },
  'region.heard': {
    reads: e => `Region ${e.what} was heard for the first time`,
    outcome: 'noted',
  },
  'region.heartbeat_gap': {
    reads: e => `The heartbeats of region ${e.what} had a gap`,
    outcome: 'noted',
  },
  'region.heartbeats': {
    reads: e => `${e.said('count')} heartbeats of ${e.said('regionCount')} regions were accepted`,
    outcome: 'noted',
    routine: true,
  },
  'region.heartbeat_refused': {
    reads: e => `A heartbeat in the name of region ${e.what} was refused`,
    outcome: 'refused',
  },
  'region.state_changed': {
    reads: e => `Region ${e.what} went from ${e.said('from')} to ${e.said('to')}`,
    outcome: 'noted',
  },
  'region.readmitted': { reads: e => `${e.who} readmitted the region ${e.what}` },
  'region.quarantined': { reads: e => `${e.who} quarantined the region ${e.what}` },
  'region.retired': { reads: e => `${e.who} retired the region ${e.what}` },
  'region.role_changed': {
    reads: e => `Region ${e.what} became ${e.said('role')} of epoch ${e.said('epoch')}`,
  },
  'region.readopted': {
    reads: e => `The rebuilt console adopted its regions again: ${e.said('regions') || 'none'}`,
  },
});
type RegionEvent = keyof typeof events;

export const regionEvent = (type: RegionEvent, id: string, detail: { [key: string]: Json }): CommitEvent => ({
  type,
  target: { kind: 'region', id },
  detail,
  topics: type === 'region.refused' ? [] : [{ topic: regionTopic, key: id }],
});

/** An entry has room for so many names; the root covers every beat in any case. */
const namedRegions = 300;

export const heartbeatEvent = (regions: readonly string[], from: string, to: string): CommitEvent => ({
  type: 'region.heartbeats',
  target: { kind: 'region', id: regions.length === 1 ? (regions[0] ?? '') : 'several' },
  detail: { regions: regions.slice(0, namedRegions), regionCount: regions.length, from, to },
});

export const stateEvent = (id: string, detail: { [key: string]: Json }, jobs: JobRequest[]): CommitEvent => ({
  ...regionEvent('region.state_changed', id, detail),
  jobs,
});

const orders = {
  readmit: 'region.readmitted',
  quarantine: 'region.quarantined',
  retire: 'region.retired',
} as const;

export const orderEvent = (
  order: keyof typeof orders,
  id: string,
  detail: { [key: string]: Json },
  jobs: JobRequest[],
): CommitEvent => ({ ...regionEvent(orders[order], id, detail), jobs });
