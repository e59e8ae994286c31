import { Pill, type Tone } from '#components/ui/pill.tsx';
import type { Health, StreamRow } from '#server/federation/replication/schema.ts';
import { currentLook } from './flowing.ts';

const tones: Record<Health, Tone> = {
  streaming: 'ok',
  syncing: 'watch',
  lagging: 'watch',
  stalled: 'bad',
  broken: 'bad',
  paused: 'idle',
  unknown: 'watch',
};

/** A stream that is not looked at (any more) has a state only. */
export function StreamHealth({ stream, at }: { stream: StreamRow; at: string }) {
  if (['retired', 'creating', 'detached'].includes(stream.state)) return <Pill>{stream.state}</Pill>;
  if (stream.state === 'failed') return <Pill tone="bad">failed</Pill>;
  const health = currentLook(stream, at)?.health ?? 'unknown';
  return <Pill tone={tones[health]}>{health}</Pill>;
}

/** Where its rows really are. */
export function Reality({ stream }: { stream: Pick<StreamRow, 'simulated' | 'embedded'> }) {
  if (stream.simulated) return <Pill tone="sim">Simulated</Pill>;
  return <Pill tone="ok">{stream.embedded ? 'Real servers, demo data' : 'Real servers'}</Pill>;
}

export function bytes(value: number | null): string {
  if (value === null) return 'not known';
  if (value < 1024) return `${value} B`;
  if (value < 1024 * 1024) return `${(value / 1024).toFixed(1)} KB`;
  return `${(value / 1024 / 1024).toFixed(1)} MB`;
}

export const seconds = (value: number | null): string => (value === null ? 'not known' : `${value} s`);

export const syncWords: Record<string, string> = {
  i: 'begins',
  d: 'is copied',
  f: 'copied',
  s: 'caught up',
  r: 'ready',
};
