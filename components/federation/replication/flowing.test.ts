import { expect, it } from 'vitest';
import type { Look, StreamRow } from '#server/federation/replication/schema.ts';
import { flowOf } from './flow-of.ts';
import { currentLook, flows, isIll } from './flowing.ts';

const at = '2026-11-21T10:16:00.000Z';
const stream = (state: StreamRow['state'], health: Look['health'], seen = '2026-11-21T10:15:59.000Z') => ({
  ...{ id: 'eu-us', publisher: 'eu-west', subscriber: 'us-east', state },
  look: { at: seen, health, lagSeconds: 0.1, lagBytes: 10, retainedBytes: 20 } as Look,
});

it('a stream flows by its state and by what was seen just now', () => {
  expect(flows(stream('active', 'streaming'), at)).toBe(true);
  for (const state of ['detached', 'paused', 'creating', 'failed', 'retired'] as const)
    expect(flows(stream(state, 'streaming'), at)).toBe(false);
  expect(flows(stream('active', 'streaming', '2026-11-21T10:00:00.000Z'), at)).toBe(false);
});

it('shows no lag of one that a failover cut, is paused or was not seen lately', () => {
  expect(currentLook(stream('active', 'streaming'), at)?.lagSeconds).toBe(0.1);
  expect(currentLook(stream('detached', 'streaming'), at)).toBeNull();
  expect(currentLook(stream('active', 'streaming', '2026-11-21T10:00:00.000Z'), at)).toBeNull();
  expect(currentLook(stream('paused', 'paused'), at)).toMatchObject({ lagSeconds: null, retainedBytes: 20 });
});

it('is a grey line of the map where nothing flows', () => {
  expect(flowOf(stream('active', 'streaming'), at)).toMatchObject({
    tone: 'ok',
    words: 'streaming, 0.1 s behind',
  });
  expect(flowOf(stream('detached', 'streaming'), at)).toMatchObject({ tone: 'idle', words: 'detached' });
  expect(flowOf(stream('active', 'streaming', '2026-11-21T10:00:00.000Z'), at)).toMatchObject({
    ...{ tone: 'idle', words: 'not seen lately' },
  });
  expect(flowOf(stream('failed', 'streaming'), at).tone).toBe('bad');
});

it('what is cut is not ill, what stalls is', () => {
  expect(isIll(stream('active', 'stalled'), at)).toBe(true);
  expect(isIll(stream('failed', 'unknown'), at)).toBe(true);
  expect(isIll(stream('detached', 'broken'), at)).toBe(false);
});
