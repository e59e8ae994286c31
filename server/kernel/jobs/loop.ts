import { log } from '../log/log.ts';

/**
 * A kernel loop: as fast as there is work, `idleMs` between looks when there is none. An error is logged and the loop
 * goes on with growing pauses: a database restart must not end it.
 */
export interface Loop {
  stop(): Promise<void>;
  lastOkAt(): Date | null;
}

export function startLoop(name: string, idleMs: number, step: () => Promise<number | null>): Loop {
  let stopped = false;
  let wake: () => void = () => {};
  let failures = 0;
  let okAt: Date | null = null;
  const pause = (ms: number) =>
    new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const running = (async () => {
    while (!stopped) {
      try {
        const done = await step();
        failures = 0;
        okAt = new Date();
        if (!stopped && !done) await pause(done === null ? idleMs * 10 : idleMs);
      } catch (error) {
        failures += 1;
        if (failures === 1 || failures % 20 === 0)
          log().error({ event: 'loop.failed', loop: name, failures, error });
        if (!stopped) await pause(Math.min(5000, 50 * 2 ** Math.min(failures, 7)));
      }
    }
  })();
  return {
    lastOkAt: () => okAt,
    stop: () => {
      stopped = true;
      wake();
      return running;
    },
  };
}
