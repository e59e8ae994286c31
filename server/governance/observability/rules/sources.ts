import type { SourceState } from '../schema.ts';

const silentMs = 3 * 60_000;

/** Retired: the configuration names it no longer. Failing: its last try failed. Silent: nothing was tried for minutes, so nobody is pulling. */
export function sourceState(
  source: {
    lastOkAt: string | null;
    lastErrorAt: string | null;
    retiredAt: string | null;
    updatedAt: string;
    id: string;
  },
  now: Date,
): SourceState {
  const at = (text: string | null) => (text === null ? 0 : Date.parse(text));
  if (source.retiredAt !== null) return 'retired';
  if (at(source.lastErrorAt) > at(source.lastOkAt)) return 'failing';
  // A history is loaded once, and then stays as it is.
  if (source.id.endsWith('-history')) return 'done';
  return now.getTime() - at(source.updatedAt) > silentMs ? 'silent' : 'ok';
}
