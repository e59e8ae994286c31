import { regionServers } from '#kernel/regions/servers.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { blocking } from '../rules/preflight.ts';
import { streamInput } from '../schema.ts';
import { findStream, selectStreams } from '../store/streams.ts';
import { addStream, prepareStream } from './streams.ts';

const tables = [{ table: 'app.customer' }, { table: 'app.orders' }];
const first = {
  id: 'eu-west-us-east',
  publisher: 'eu-west',
  subscriber: 'us-east',
  tables,
  tenants: ['t1', 'test_tenant', 'fjord-media'],
};
const simulated = {
  id: 'ap-south-ap-northeast',
  publisher: 'ap-south',
  subscriber: 'ap-northeast',
  tables,
  tenants: ['delta-games'],
};

/** What the demo world begins with: one stream between the two embedded servers, one between simulated regions. */
export async function demoStream(ctx: CommandContext): Promise<boolean> {
  const servers = regionServers();
  const embedded = [first.publisher, first.subscriber].every(region =>
    servers.some(server => server.region === region && server.embedded),
  );
  const wanted = [...(embedded ? [first] : []), simulated];
  let whole = true;
  for (const stream of wanted) {
    if (await findStream(ctx.db, stream.id)) continue;
    if (stream === first && (await selectStreams(ctx.db)).some(s => !s.simulated)) continue;
    const input = streamInput.parse(stream);
    const prepared = await prepareStream(ctx, input);
    if (blocking(prepared.checks).length === 0)
      await addStream(ctx, { ...input, tables: prepared.tables, simulated: prepared.simulated });
    else whole = false; // the servers may have begun a moment ago: asked again at the next look
  }
  return whole && servers.length >= 2;
}
