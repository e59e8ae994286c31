import type { CommitEvent, JobRequest, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

export const failoverTopic = 'edgeRouting';

const events = declareEvents('edgeRouting', {
  'failover.assigned': { reads: e => `The right to write was given out: ${e.said('regions')}` },
  'failover.previewed': {
    reads: e => `${e.who} ran a failover from ${e.said('from')} to ${e.said('to')} dry`,
  },
  'failover.begun': {
    reads: e => `A failover from ${e.said('from')} to ${e.said('to')} began at epoch ${e.said('epoch')}`,
  },
  'failover.resumed': {
    reads: e =>
      `The failover from ${e.said('from')} to ${e.said('to')} goes on, which nobody carried on: ${e.said('reason')}`,
  },
  'failover.tried_again': {
    reads: e => `The failover from ${e.said('from')} to ${e.said('to')} is tried again: ${e.said('reason')}`,
    outcome: 'noted',
    routine: true,
  },
  'failover.promoted': {
    reads: e => `${e.said('to')} may write from epoch ${e.said('epoch')} on, ${e.said('from')} may not`,
  },
  'failover.finished': { reads: e => `The failover from ${e.said('from')} to ${e.said('to')} ended` },
  'failover.failed': {
    reads: e => `The failover from ${e.said('from')} to ${e.said('to')} failed`,
    outcome: 'failed',
  },
  'failover.down': {
    reads: e => `${e.said('votes')} observers agree that region ${e.what} is down`,
    outcome: 'noted',
  },
  'failover.held': {
    reads: e => `No failover of ${e.what} was proposed: ${e.said('reason')}`,
    outcome: 'refused',
  },
  'failover.rejoined': { reads: e => `Region ${e.what} is there again, fenced at epoch ${e.said('epoch')}` },
  'failover.roles_doubted': {
    reads: e => `Who may write in region ${e.what} is not known: ${e.said('reason')}`,
    outcome: 'noted',
  },
  'failover.roles_confirmed': {
    reads: e => `Who may write is known again in ${e.said('regions')}: what they say agrees`,
  },
  'failover.decided': {
    reads: e =>
      `${e.who} said that ${e.what} writes from epoch ${e.said('epoch')} on, and ${e.said('refuse') || 'nobody else'} not`,
  },
  'failover.settings_changed': {
    reads: e => `${e.who} changed when failovers are proposed: ${e.details.join(', ')}`,
  },
  'failover.practised': {
    reads: e =>
      `${e.who} ${e.said('paused') === 'yes' ? 'paused' : 'resumed'} the embedded server of ${e.what} to practise`,
  },
  'failover.observed': {
    reads: e => `${e.said('observer')} reported on region ${e.what}`,
    outcome: 'noted',
    routine: true,
  },
  'move.previewed': {
    reads: e => `${e.who} ran a move of tenant ${e.what} from ${e.said('from')} to ${e.said('to')} dry`,
  },
  'move.begun': {
    reads: e => `A move of tenant ${e.what} from ${e.said('from')} to ${e.said('to')} began`,
  },
  'move.finished': { reads: e => `The move of tenant ${e.what} to ${e.said('to')} ended` },
  'move.failed': {
    reads: e => `The move of tenant ${e.what} to ${e.said('to')} failed: ${e.said('reason')}`,
    outcome: 'failed',
  },
});

export const moveEvent = (
  type: keyof typeof events & `move.${string}`,
  tenant: string,
  detail: { [key: string]: Json },
  jobs: JobRequest[] = [],
): CommitEvent => ({
  type,
  target: { kind: 'tenant', id: tenant },
  tenantId: tenant,
  detail,
  topics: [{ topic: failoverTopic, key: tenant }],
  jobs,
});

export const failoverEvent = (
  type: keyof typeof events & `failover.${string}`,
  region: string,
  detail: { [key: string]: Json } = {},
  jobs: JobRequest[] = [],
): CommitEvent => ({
  type,
  target: { kind: 'region', id: region },
  detail,
  topics: [{ topic: failoverTopic, key: region }],
  jobs,
});
