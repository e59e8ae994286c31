import { log } from '../log/log.ts';

/**
 * A kernel loop: as fast as there is work, `idleMs` between looks when there is none. An error is logged and the loop
 * goes on with growing pauses: a database restart must not end it.
 */
export interface Loop {
  stop(): Promise<void>;
  lastOkAt(): Date | null;
}

/** What a loop last did, as the page of jobs shows it. */
export interface LoopState {
  name: string;
  title: string;
  idleMs: number;
  /** False where another worker does it. */
  holding: boolean;
  /** Things done in the last look that found some, and when that was. */
  done: number;
  workedAt: Date | null;
  /** The last look's result in words, where numbers do not say it. */
  said: string | null;
  tookMs: number;
  okAt: Date | null;
  failures: number;
  lastError: string | null;
}

/** How long at most a loop that died with its worker waits for the next one, beyond its own pause. */
const takeOverMs = 2000;

const running = new Map<string, LoopState>();

/** The loops of this process. */
export const loopStates = (): readonly LoopState[] => [...running.values()];

/** What a look came to: how much was done, and in words what that was. */
export interface Look {
  done: number;
  said: string;
}

/**
 * `step` says how much it did, 0 for nothing to do, null where another worker holds the loop. A steady loop keeps its pause
 * also when there was something to do: its work is a round, not a queue.
 */
export function startLoop(
  name: string,
  idleMs: number,
  step: () => Promise<number | Look | null>,
  title: string = name,
  pace: 'at-once' | 'steady' = 'at-once',
): Loop {
  let stopped = false;
  let wake: () => void = () => {};
  const state: LoopState = {
    ...{ name, title, idleMs, holding: false, done: 0, workedAt: null, said: null },
    ...{ tookMs: 0, okAt: null, failures: 0, lastError: null },
  };
  running.set(name, state);
  const pause = (ms: number) =>
    new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const ended = (async () => {
    while (!stopped) {
      const began = performance.now();
      try {
        const look = await step();
        const done = typeof look === 'object' ? (look?.done ?? null) : look;
        note(state, done, typeof look === 'object' ? (look?.said ?? null) : null, performance.now() - began);
        if (!stopped && (!done || pace === 'steady'))
          await pause(done === null ? Math.min(idleMs * 10, Math.max(idleMs, takeOverMs)) : idleMs);
      } catch (error) {
        state.failures += 1;
        state.lastError = error instanceof Error ? error.message : String(error);
        if (state.failures === 1 || state.failures % 20 === 0)
          log().error({ event: 'loop.failed', loop: name, failures: state.failures, error });
        if (!stopped)
          await pause(
            Math.max(Math.min(idleMs, 5000), Math.min(5000, 50 * 2 ** Math.min(state.failures, 7))),
          );
      }
    }
  })();
  return {
    lastOkAt: () => state.okAt,
    stop: () => {
      stopped = true;
      if (running.get(name) === state) running.delete(name);
      wake();
      return ended;
    },
  };
}

function note(state: LoopState, done: number | null, said: string | null, tookMs: number): void {
  state.failures = 0;
  state.lastError = null;
  state.holding = done !== null;
  state.okAt = new Date();
  state.tookMs = Math.round(tookMs);
  state.said = said;
  if (!done) return;
  state.done = done;
  state.workedAt = state.okAt;
}
