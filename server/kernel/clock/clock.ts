/** Time is injected everywhere, so that tests step it and rules stay pure. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

export interface FakeClock extends Clock {
  set(at: Date): void;
  advance(ms: number): void;
}

export function fakeClock(start = new Date('2026-01-01T00:00:00.000Z')): FakeClock {
  let at = start.getTime();
  return {
    now: () => new Date(at),
    set: next => {
      at = next.getTime();
    },
    advance: ms => {
      at += ms;
    },
  };
}
