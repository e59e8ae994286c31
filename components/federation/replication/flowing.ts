import type { Look, StreamRow } from '#server/federation/replication/schema.ts';

/** Streams are looked at every two seconds: what is older than this says nothing of now. */
const freshMs = 60_000;

type Seen = Pick<StreamRow, 'state' | 'look'>;

/** What is seen of a stream at this moment. One that a failover cut, or that is not made yet, keeps its last look: it is none. */
export function currentLook({ state, look }: Seen, at: string): Look | null {
  if (!look || !['active', 'paused', 'failed'].includes(state)) return null;
  if (Date.parse(at) - Date.parse(look.at) > freshMs) return null;
  // How far behind it is, says a stream only while it flows.
  return state === 'active' ? look : { ...look, lagSeconds: null, lagBytes: null };
}

export const flows = (stream: Seen, at: string): boolean =>
  stream.state === 'active' && currentLook(stream, at)?.health === 'streaming';

export const isIll = (stream: Seen, at: string): boolean =>
  stream.state === 'failed' ||
  (stream.state === 'active' && ['stalled', 'broken'].includes(currentLook(stream, at)?.health ?? ''));
