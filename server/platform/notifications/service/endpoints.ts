import { randomBytes } from 'node:crypto';
import { refusePrivateLiteral } from '#kernel/http/safe-fetch.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import { seal } from '#kernel/signing/seal.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { badEndpoint, noSuchEndpoint, staleEndpoint } from '../errors.ts';
import { notificationEvent } from '../events.ts';
import { shownAddress } from '../gateway.real/webhook.ts';
import { webhookSecret } from '../rules/webhook.ts';
import type { EndpointRow, Kind } from '../schema.ts';
import { deleteEndpoint, findEndpoint, insertEndpoint, updateEndpoint } from '../store/settings.ts';
import { endpointSeal, sealKey } from './gateways.ts';

/** An address may carry a password in its query; who reads the page needs to know where, not with what. */
export const shownEndpoint = (endpoint: EndpointRow): EndpointRow => ({
  ...endpoint,
  url: shownAddress(endpoint.url),
});

async function readEndpoint(ctx: ReadContext, id: string): Promise<EndpointRow> {
  const found = await findEndpoint(ctx.db, id);
  if (!found) throw noSuchEndpoint(id);
  return found;
}

/** Where a name leads is decided at each call; here only what the address says by itself. */
function checkedUrl(text: string): string {
  const url = new URL(text);
  if (url.username || url.password)
    throw badEndpoint('Credentials do not belong into an address; the signature proves who calls.');
  if (url.hash) throw badEndpoint('An address with a fragment never reaches a server.');
  refusePrivateLiteral(url.href);
  return url.href;
}

const newSecret = (id: string) => {
  const secret = webhookSecret(randomBytes(32));
  return { secret, sealedSecret: seal(sealKey(), secret, endpointSeal(id)) };
};

export async function createEndpoint(
  ctx: CommandContext,
  input: { name: string; url: string; kinds: Kind[] },
): Promise<{ endpoint: EndpointRow; secret: string }> {
  const now = ctx.clock.now();
  const id = uuidv7(now.getTime());
  const url = checkedUrl(input.url);
  const { secret, sealedSecret } = newSecret(id);
  await ctx.commit(
    notificationEvent(
      'notification.endpoint_created',
      { kind: 'endpoint', id },
      { name: input.name, address: shownAddress(url), kinds: input.kinds },
    ),
    tx => insertEndpoint(tx, { id, name: input.name, url, kinds: input.kinds, sealedSecret }, now),
  );
  return { endpoint: shownEndpoint(await readEndpoint(ctx, id)), secret };
}

export async function changeEndpoint(
  ctx: CommandContext,
  input: {
    id: string;
    version: number;
    name?: string | undefined;
    url?: string | undefined;
    kinds?: Kind[] | undefined;
    enabled?: boolean | undefined;
  },
): Promise<EndpointRow> {
  await readEndpoint(ctx, input.id);
  const change = {
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(input.url === undefined ? {} : { url: checkedUrl(input.url) }),
    ...(input.kinds === undefined ? {} : { kinds: input.kinds }),
    ...(input.enabled === undefined ? {} : { enabled: input.enabled }),
  };
  const said = { ...change, ...(change.url ? { url: shownAddress(change.url) } : {}) };
  await ctx.commit(
    notificationEvent('notification.endpoint_updated', { kind: 'endpoint', id: input.id }, said),
    async tx => {
      if (!(await updateEndpoint(tx, input.id, input.version, change, ctx.clock.now())))
        throw staleEndpoint();
    },
  );
  return shownEndpoint(await readEndpoint(ctx, input.id));
}

/** The old secret stops signing at once: a receiver that was not told notices with the next message. */
export async function rotateEndpoint(
  ctx: CommandContext,
  { id, version }: { id: string; version: number },
): Promise<{ endpoint: EndpointRow; secret: string }> {
  await readEndpoint(ctx, id);
  const { secret, sealedSecret } = newSecret(id);
  await ctx.commit(notificationEvent('notification.endpoint_rotated', { kind: 'endpoint', id }), async tx => {
    if (!(await updateEndpoint(tx, id, version, { sealedSecret }, ctx.clock.now()))) throw staleEndpoint();
  });
  return { endpoint: shownEndpoint(await readEndpoint(ctx, id)), secret };
}

export async function removeEndpoint(
  ctx: CommandContext,
  { id, reason }: { id: string; reason: string },
): Promise<{ done: true }> {
  const { name } = await readEndpoint(ctx, id);
  await ctx.commit(
    notificationEvent('notification.endpoint_removed', { kind: 'endpoint', id }, { name, reason }),
    async tx => {
      if (!(await deleteEndpoint(tx, id))) throw noSuchEndpoint(id);
    },
  );
  return { done: true };
}
