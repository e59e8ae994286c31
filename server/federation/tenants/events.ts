import type { CommitEvent, Json } from '#kernel/ledger/event.ts';

export const tenantTopic = 'tenants';

type TenantEvent = 'tenant.created' | 'tenant.updated' | 'tenant.suspended' | 'tenant.reinstated';

export const tenantEvent = (
  type: TenantEvent,
  id: string,
  detail: { [key: string]: Json } = {},
): CommitEvent => ({
  type,
  target: { kind: 'tenant', id },
  tenantId: id,
  detail,
  topics: [{ topic: tenantTopic, key: id }],
});
