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
  tookMs: number;
  okAt: Date | null;
  failures: number;
  lastError: string | null;
}

const running = new Map<string, LoopState>();

/** The loops of this process. */
export const loopStates = (): readonly LoopState[] => [...running.values()];

/** `step` says how much it did, 0 for nothing to do, null where another worker holds the loop. */
export function startLoop(
  name: string,
  idleMs: number,
  step: () => Promise<number | null>,
  title: string = name,
): Loop {
  let stopped = false;
  let wake: () => void = () => {};
  const state: LoopState = {
    ...{ name, title, idleMs, holding: false, done: 0, workedAt: null },
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
        const done = await step();
        note(state, done, performance.now() - began);
        if (!stopped && !done) await pause(done === null ? idleMs * 10 : idleMs);
      } catch (error) {
        state.failures += 1;
        state.lastError = error instanceof Error ? error.message : String(error);
        if (state.failures === 1 || state.failures % 20 === 0)
          log().error({ event: 'loop.failed', loop: name, failures: state.failures, error });
        if (!stopped) await pause(Math.min(5000, 50 * 2 ** Math.min(state.failures, 7)));
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

function note(state: LoopState, done: number | null, tookMs: number): void {
  state.failures = 0;
  state.lastError = null;
  state.holding = done !== null;
  state.okAt = new Date();
  state.tookMs = Math.round(tookMs);
  if (!done) return;
  state.done = done;
  state.workedAt = state.okAt;
}
