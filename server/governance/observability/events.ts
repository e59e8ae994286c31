import type { CommitEvent, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

export const telemetryTopic = 'telemetry';

const events = declareEvents('telemetry', {
  'telemetry.ingested': {
    reads: e =>
      `${e.said('count') || 'Several'} events of tenant ${e.tenant} were written (${e.said('sources')})`,
    routine: true,
  },
  'telemetry.expired': {
    reads: e => `${e.who} dropped ${e.said('days')} of telemetry that retention no longer allows`,
  },
  'telemetry.revealed': {
    reads: e => `${e.who} read ${e.said('count')} redacted values of tenant ${e.tenant}`,
  },
});

export const telemetryEvent = (
  type: keyof typeof events,
  detail: { [key: string]: Json },
  about: Pick<CommitEvent, 'tenantId' | 'target'> = {},
): CommitEvent => ({
  type,
  ...about,
  detail,
  topics: [{ topic: telemetryTopic, ...(about.tenantId ? { key: about.tenantId } : {}) }],
});
