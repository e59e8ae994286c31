import type { CommitEvent, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

export const simulationTopic = 'simulations';

const events = declareEvents('simulations', {
  'fault.injected': {
    reads: e =>
      `${e.who} injected the fault ${e.said('fault')} into ${e.said('target')} of the simulated world`,
  },
  'fault.healed': { reads: e => `${e.who} healed the fault ${e.said('fault')} of ${e.said('target')}` },
  'simulation.ran': {
    reads: e => `${e.who} tried a plan for ${e.tenant || e.what} in the sandbox: ${e.said('verdict')}`,
    outcome: 'noted',
  },
  'canary.started': {
    reads: e => `${e.who} started a canary of ${e.said('version')} on ${e.said('service')}`,
    outcome: 'requested',
  },
  'canary.judged': {
    reads: e => `The canary of ${e.said('version')} on ${e.said('service')} was judged: ${e.said('verdict')}`,
    outcome: 'noted',
  },
  'canary.stopped': {
    reads: e => `${e.who} took the canary of ${e.said('version')} on ${e.said('service')} back`,
  },
  'replay.requested': {
    reads: e => `${e.who} asked for a replay of ${e.said('days')} days under a draft of autonomy`,
    outcome: 'requested',
  },
  'replay.finished': {
    reads: e =>
      `The replay found ${e.said('acted')} actions without a person, of which ${e.said('harmed')} did harm`,
    outcome: 'noted',
  },
  'gameday.started': {
    reads: e => `${e.who} started the game day ${e.said('scenario')} on ${e.said('target')}`,
  },
  'gameday.stopped': {
    reads: e => `${e.who} stopped the game day ${e.said('scenario')} on ${e.said('target')}`,
  },
  'gameday.finished': {
    reads: e => `The game day ${e.said('scenario')} on ${e.said('target')} ended: ${e.said('verdict')}`,
    outcome: 'noted',
  },
  'gameday.scheduled': {
    reads: e => `${e.who} scheduled the game day ${e.said('scenario')} on ${e.said('target')} weekly`,
  },
  'gameday.unscheduled': {
    reads: e => `${e.who} ended the weekly game day ${e.said('scenario')} on ${e.said('target')}`,
  },
});
type SimulationEvent = keyof typeof events;

export const simulationEvent = (
  type: SimulationEvent,
  target: { kind: 'fault' | 'simulation' | 'game_day' | 'schedule'; id: string },
  detail: { [key: string]: Json },
  more: Pick<CommitEvent, 'tenantId' | 'jobs'> = {},
): CommitEvent => ({
  type,
  target,
  detail: { ...detail, simulated: true },
  topics: [{ topic: simulationTopic, key: target.id }],
  ...more,
});
