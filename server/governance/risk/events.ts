import type { CommitEvent, JobRequest, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

/** The router's key: browsers ask again whatever of it they show. */
export const riskTopic = 'risks';

const events = declareEvents('risks', {
  'risk.scored': {
    reads: e => `${e.who} scored the risk of ${e.said('tenants') || e.what}`,
    outcome: 'noted',
    routine: true,
  },
  'risk.watched': {
    reads: e => `${e.who} read ${e.said('series')} series`,
    outcome: 'noted',
    routine: true,
  },
  'risk.calibrated': {
    reads: e =>
      `${e.who} calibrated the risk scores, Brier score ${e.said('brier')} on ${e.said('judged')} outcomes`,
  },
  'risk.pruned': { reads: e => `${e.who} removed scores that are too old`, outcome: 'noted', routine: true },
  'risk.alerts_settled': {
    reads: e => `${e.who} brought the alerts of ${e.said('tenants')} up to date`,
    outcome: 'noted',
    routine: true,
  },
  'rule.created': { reads: e => `${e.who} made the risk rule ${e.what}` },
  'rule.changed': { reads: e => `${e.who} changed the risk rule ${e.what} to version ${e.said('version')}` },
  'incident.opened': { reads: e => `${e.who} opened an incident of ${e.tenant}: ${e.said('title')}` },
  'incident.grown': {
    reads: e => `${e.who} added ${e.said('title')} to an incident of ${e.tenant}`,
    outcome: 'noted',
    routine: true,
  },
  'incident.acknowledged': { reads: e => `${e.who} took on an incident of ${e.tenant}` },
  'incident.resolved': { reads: e => `${e.who} resolved an incident of ${e.tenant} as ${e.said('verdict')}` },
  'incident.noted': { reads: e => `${e.who} wrote a note to an incident of ${e.tenant}` },
});
export type RiskEvent = keyof typeof events;

export const scoredEvent = (tenants: readonly string[]): CommitEvent => ({
  type: 'risk.scored',
  detail: { tenants: [...tenants] },
  topics: [{ topic: riskTopic }],
});

export const plainEvent = (type: RiskEvent, detail: { [key: string]: Json } = {}): CommitEvent => ({
  type,
  detail,
  topics: [{ topic: riskTopic }],
});

export const ruleEvent = (
  type: 'rule.created' | 'rule.changed',
  id: string,
  detail: { [key: string]: Json },
): CommitEvent => ({
  type,
  target: { kind: 'rule', id },
  detail,
  topics: [{ topic: riskTopic, key: `rule:${id}` }],
});

export const incidentEvent = (
  type:
    | 'incident.opened'
    | 'incident.grown'
    | 'incident.acknowledged'
    | 'incident.resolved'
    | 'incident.noted',
  incident: { tenantId: string; id: string },
  detail: { [key: string]: Json } = {},
  jobs: JobRequest[] = [],
): CommitEvent => ({
  type,
  target: { kind: 'incident', id: incident.id },
  tenantId: incident.tenantId,
  detail,
  topics: [{ topic: riskTopic, key: incident.id }],
  ...(jobs.length > 0 ? { jobs } : {}),
});
