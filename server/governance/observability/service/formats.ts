import type { ReadContext } from '#kernel/trpc/context.ts';
import type { Frame } from '../rules/formats/body.ts';
import { keptMs } from './retention.ts';

export { binaryCloudEvent, type Door, lineOf, readDocument } from '../rules/formats/body.ts';
export { type Line, parseLine } from '../rules/formats/line.ts';
export type { IngestResult, Source } from '../schema.ts';

/** Between which instants an event may lie. */
export async function frameOf(from: Pick<ReadContext, 'database' | 'clock'>): Promise<Frame> {
  const now = from.clock.now();
  return { now, oldest: new Date(now.getTime() - (await keptMs(from))) };
}
