import type { ReadContext } from '#kernel/trpc/context.ts';
import { type Listed, likePattern, paged } from '#kernel/trpc/list.ts';
import { noSuchRelay } from '../errors.ts';
import type { ListRelaysInput, RelayView } from '../schema.ts';
import { listTokens } from '../store/tokens.ts';
import { countRelays, findRelayView, heldBy, selectRelays } from '../store/views.ts';

export async function listRelays(ctx: ReadContext, input: ListRelaysInput): Promise<Listed<RelayView>> {
  const filter = {
    ...input,
    search: input.search ? likePattern(input.search) : null,
    state: input.state ?? null,
    region: input.region ?? null,
  };
  const [rows, total] = await Promise.all([
    selectRelays(ctx.db, filter),
    input.total ? countRelays(ctx.db, filter) : undefined,
  ]);
  return paged(rows, input, total);
}

export async function readRelayDetail(ctx: ReadContext, id: string) {
  const found = await findRelayView(ctx.db, id);
  if (!found) throw noSuchRelay(id);
  return { ...found, held: await heldBy(ctx.db, id) };
}

export const readTokens = (ctx: ReadContext) => listTokens(ctx.db);
