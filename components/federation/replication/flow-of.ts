import type { StreamRow } from '#server/federation/replication/schema.ts';
import { currentLook } from './flowing.ts';
import { seconds } from './stream-words.tsx';

/** Rows on their way from one region to another, as the map draws them. */
export interface Flow {
  id: string;
  from: string;
  to: string;
  tone: 'ok' | 'watch' | 'bad' | 'idle';
  words: string;
  href: string;
}

const tones: Record<string, Flow['tone']> = {
  streaming: 'ok',
  syncing: 'watch',
  lagging: 'watch',
  stalled: 'bad',
  broken: 'bad',
};

/** A stream as a line of the map; grey unless it is active and was seen just now. */
export function flowOf(
  stream: Pick<StreamRow, 'id' | 'publisher' | 'subscriber' | 'state' | 'look'>,
  at: string,
): Flow {
  const look = stream.state === 'active' ? currentLook(stream, at) : null;
  return {
    id: stream.id,
    from: stream.publisher,
    to: stream.subscriber,
    tone: stream.state === 'failed' ? 'bad' : (tones[look?.health ?? ''] ?? 'idle'),
    words: wordsOf(stream.state, look),
    href: `/federation/replication?stream=${stream.id}`,
  };
}

function wordsOf(state: StreamRow['state'], look: StreamRow['look']): string {
  if (state !== 'active') return state;
  if (!look) return 'not seen lately';
  const lag = look.lagSeconds === null ? '' : `, ${seconds(look.lagSeconds)} behind`;
  return `${look.health}${lag}`;
}
