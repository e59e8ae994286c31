import type { CommitEvent, JobRequest, Json } from '#kernel/ledger/event.ts';
import { declareEvents, type EventFacts } from '#kernel/ledger/reading.ts';

/** The router's key: what a hint names is asked again. */
export const executionTopic = 'actions';

const named = (e: EventFacts) => (e.said('title') ? `${e.id} (${e.said('title')})` : e.id);

const events = declareEvents('actions', {
  'execution.requested': {
    reads: e =>
      `${e.who} asked for the execution ${named(e)}${e.said('dryRun') === 'true' ? ' as a dry run' : ''}, risk ${e.said('tier') || 'not rated'}`,
    outcome: 'requested',
  },
  'execution.refused': {
    reads: e => `The execution ${named(e)} was refused before anything was changed`,
    outcome: 'refused',
  },
  'execution.approval_asked': {
    reads: e => `The execution ${named(e)} waits for an approval`,
    outcome: 'requested',
  },
  'execution.authorised': { reads: e => `The execution ${named(e)} may run`, outcome: 'noted' },
  'execution.locked': {
    reads: e => `The targets of ${named(e)} were locked for it`,
    outcome: 'noted',
    routine: true,
  },
  'execution.snapshotted': {
    reads: e => `The state before ${named(e)} was kept, SHA-256 ${e.said('snapshotHash') || 'unknown'}`,
    outcome: 'noted',
  },
  'execution.signed': {
    reads: e => `The manifest of ${named(e)} was signed over plan, snapshot and target versions`,
    outcome: 'noted',
  },
  'execution.previewed': { reads: e => `The dry run of ${named(e)} ended`, outcome: 'noted' },
  'execution.began': {
    reads: e => `The execution ${named(e)} began to change its targets`,
    outcome: 'noted',
  },
  'execution.ordered': {
    reads: e => `Step ${e.said('step') || '?'} of ${named(e)} was ordered`,
    outcome: 'noted',
    routine: true,
  },
  'execution.effected': {
    reads: e => `For the execution ${e.id}: ${e.said('said') || 'its target was changed'}`,
  },
  'execution.applied': {
    reads: e => `Step ${e.said('step') || '?'} of ${named(e)} was carried out`,
  },
  'execution.judged': {
    reads: e => `The canary of ${named(e)} was judged: ${e.said('verdict') || 'no verdict'}`,
    outcome: 'noted',
  },
  'execution.halted': {
    reads: e =>
      `${named(e)} was halted before step ${e.said('step') || '?'}: ${e.said('why') || 'no reason given'}`,
    outcome: 'noted',
  },
  'execution.decided': {
    reads: e =>
      `${e.who} decided that ${named(e)} ${e.said('goOn') === 'true' ? 'goes on' : 'is taken back'}`,
  },
  'execution.verified': {
    reads: e => `Step ${e.said('step') || '?'} of ${named(e)} was seen to have worked`,
  },
  'execution.turned_back': {
    reads: e => `The execution ${named(e)} is being taken back`,
    outcome: 'failed',
  },
  'execution.restored': {
    reads: e => `Step ${e.said('step') || '?'} of ${named(e)} was taken back and looked at`,
  },
  'execution.waited': {
    reads: e => `The execution ${named(e)} looks again later`,
    outcome: 'noted',
    routine: true,
  },
  'execution.stopped': { reads: e => `${e.who} had the execution ${named(e)} stopped` },
  'execution.rollback_asked': { reads: e => `${e.who} had the execution ${named(e)} taken back` },
  'execution.succeeded': { reads: e => `The execution ${named(e)} succeeded` },
  'execution.rolled_back': {
    reads: e => `The execution ${named(e)} was rolled back, and the state before is back`,
    outcome: 'failed',
  },
  'execution.failed': {
    reads: e => `The execution ${named(e)} failed and could not be wholly taken back`,
    outcome: 'failed',
  },
  'execution.secret_taken': {
    reads: e => `${e.who} had the secret shown that ${named(e)} made for ${e.said('target') || 'its target'}`,
  },
  'execution.measured': {
    reads: e => `What ${named(e)} brought about was compared with what was predicted`,
    outcome: 'noted',
  },
  'guard.killed': { reads: e => `${e.who} engaged the kill switch of ${e.what}` },
  'guard.released': { reads: e => `${e.who} released the kill switch of ${e.what}` },
  'guard.limited': { reads: e => `${e.who} changed the limits of actions of ${e.what}` },
  'freeze.planned': { reads: e => `${e.who} froze changes from ${e.said('from')} to ${e.said('to')}` },
  'freeze.ended': { reads: e => `${e.who} ended the freeze ${e.what}` },
});
export type ActionEvent = keyof typeof events;
export type ExecutionEvent = Extract<ActionEvent, `execution.${string}`>;

export const executionEvent = (
  type: ExecutionEvent,
  execution: { id: string; tenantId: string; title: string },
  detail: { [key: string]: Json } = {},
  jobs: JobRequest[] = [],
): CommitEvent => ({
  type,
  target: { kind: 'execution', id: execution.id },
  tenantId: execution.tenantId,
  detail: { title: execution.title, ...detail },
  topics: [{ topic: executionTopic, key: execution.id }],
  ...(jobs.length > 0 ? { jobs } : {}),
});

/** What a driver did to its target, where that itself is a change of this console's own tables. */
export const effectEvent = (
  execution: { id: string; tenantId: string },
  detail: { [key: string]: Json },
): CommitEvent => ({
  type: 'execution.effected',
  target: { kind: 'execution', id: execution.id },
  tenantId: execution.tenantId,
  detail,
});

export const guardEvent = (
  type: Exclude<ActionEvent, ExecutionEvent>,
  target: { id: string; tenantId: string },
  detail: { [key: string]: Json } = {},
  jobs: JobRequest[] = [],
): CommitEvent => ({
  type,
  target: { kind: type.startsWith('freeze') ? 'freeze' : 'guard', id: target.id },
  ...(target.tenantId === '*' ? {} : { tenantId: target.tenantId }),
  detail,
  topics: [{ topic: executionTopic }],
  ...(jobs.length > 0 ? { jobs } : {}),
});

/** Takes an execution as far as it gets. Safe to ask for any number of times. */
export const advanceJob = (id: string, at?: Date): JobRequest => ({
  task: 'actions.advance',
  key: `action:${id}`,
  payload: { id },
  maxAttempts: 10,
  ...(at ? { runAt: at.toISOString() } : {}),
});
