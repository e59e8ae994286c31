import { DomainError } from '#kernel/errors/domain-error.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { dueOf, gentleRowsPerSecond } from '../rules/evidence.ts';
import { latestParity, latestScans } from '../store/evidence.ts';
import { selectStreams } from '../store/streams.ts';
import { requestVerify } from './parity.ts';

/**
 * Has streams compared and searched whose newest evidence is old. What is under way counts as asked for, so that looking
 * twice asks once; a stream that cannot be asked now keeps none of the others from it.
 */
export async function verifyDue(ctx: CommandContext): Promise<string[]> {
  const db = ctx.ownWrites();
  const [streams, runs, scans] = await Promise.all([selectStreams(db), latestParity(db), latestScans(db)]);
  const asked: string[] = [];
  for (const stream of streams) {
    const due = dueOf(stream, runs, scans, ctx.clock.now().getTime());
    if (!due) continue;
    try {
      await requestVerify(ctx, { id: stream.id, rowsPerSecond: gentleRowsPerSecond, ...due });
      asked.push(stream.id);
    } catch (error) {
      // Paused or retired in this moment: there is nothing to compare any more.
      if (!(error instanceof DomainError)) throw error;
    }
  }
  if (asked.length === 0) ctx.unchanged();
  return asked;
}
