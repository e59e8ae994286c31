import { portFree, servicePorts } from '#scripts/supervisor/checks.ts';

/**
 * An offset at which nobody holds any service port, from a range that only this test draws from: two that run side by side
 * would otherwise meet now and then. All lie below what systems hand out for outgoing connections.
 */
export async function freeOffset(from: number, to: number): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const offset = from + Math.floor(Math.random() * (to - from));
    const free = await Promise.all(servicePorts().map(({ port }) => portFree('127.0.0.1', port + offset)));
    if (free.every(Boolean)) return offset;
  }
  throw new Error(`No run of free service ports was found from ${from} to ${to}.`);
}
