import type { CommitEvent, JobRequest, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

export const tenantTopic = 'tenants';

const events = declareEvents('tenants', {
  'tenant.created': {
    reads: e =>
      `${e.who} created the tenant ${e.said('name') || e.id}${e.said('homeRegion') ? `, at home in ${e.said('homeRegion')}` : ''}`,
  },
  'tenant.updated': {
    reads: e => `${e.who} changed ${e.details.join(', ') || 'nothing'} of tenant ${e.what}`,
  },
  'tenant.moved': {
    reads: e => `The home of tenant ${e.what} went from ${e.said('from')} to ${e.said('to')}`,
  },
  'tenant.suspended': { reads: e => `${e.who} suspended tenant ${e.what}` },
  'tenant.reinstated': { reads: e => `${e.who} reinstated tenant ${e.what}` },
});
type TenantEvent = keyof typeof events;

export const tenantEvent = (
  type: TenantEvent,
  id: string,
  detail: { [key: string]: Json } = {},
  jobs: JobRequest[] = [],
): CommitEvent => ({
  type,
  target: { kind: 'tenant', id },
  tenantId: id,
  detail,
  topics: [{ topic: tenantTopic, key: id }],
  jobs,
});
