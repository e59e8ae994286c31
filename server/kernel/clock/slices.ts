import { setImmediate as turn } from 'node:timers/promises';

/** Work that says after each small stretch of itself that others may go first. */
export type Stretches<T> = Generator<void, T, void>;

/**
 * Does it with a turn of the event loop after each stretch, so that timers, leases and other calls of this process go on
 * meanwhile. Once the signal is aborted, nothing more of it is done.
 */
export async function inSlices<T>(work: Stretches<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    const step = work.next();
    if (step.done) return step.value;
    await turn();
  }
}

/** All of it in one go: for little, or where nothing else waits. */
export function atOnce<T>(work: Stretches<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
