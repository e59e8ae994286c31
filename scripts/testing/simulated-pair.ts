import { assignWrites } from '#server/federation/edge-routing/service.ts';
import { streamInput } from '#server/federation/replication/schema.ts';
import { carryOut, createStream, lookAtStreams } from '#server/federation/replication/service.ts';
import type { TestBed } from './database.ts';

/** The stream `sim` of this tenant between two simulated regions that are registered, looked at, with the right to write given. */
export async function simulatedPair(bed: TestBed, tenant: string): Promise<void> {
  const input = streamInput.parse({
    ...{ id: 'sim', publisher: 'ap-south', subscriber: 'ap-northeast', tenants: [tenant] },
    tables: [{ table: 'app.orders' }],
  });
  await createStream(bed.system, input);
  await carryOut(bed.system, 'sim');
  await lookAtStreams(bed.system);
  await assignWrites(bed.system);
}
