import { DomainError } from '../errors/domain-error.ts';

interface Line {
  running: number;
  waiting: (() => void)[];
}

/**
 * At most `running` costly calls of one caller are under way in this process; up to `waiting` more wait for their turn, and
 * who sends still more is told to come again. A rate says nothing of calls that take seconds each.
 */
export function fewAtOnce(most: { running: number; waiting: number }) {
  const lines = new Map<string, Line>();
  return async <T>(who: string, act: () => Promise<T>): Promise<T> => {
    const line = lines.get(who) ?? { running: 0, waiting: [] };
    lines.set(who, line);
    if (line.running < most.running) line.running++;
    else if (line.waiting.length < most.waiting)
      // Whoever ends hands its place over: the number of those under way stays.
      await new Promise<void>(resolve => line.waiting.push(resolve));
    else
      throw new DomainError(
        'rate_limited',
        'request.too_many_at_once',
        `More than ${most.running + most.waiting} of these are under way. Wait for their answers first.`,
        { retryAfter: 1 },
      );
    try {
      return await act();
    } finally {
      const next = line.waiting.shift();
      if (next) next();
      else if (--line.running === 0) lines.delete(who);
    }
  };
}
