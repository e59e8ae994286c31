import { noPassword } from '#kernel/auth/password.ts';
import { env } from '#kernel/env/env.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { findOwnPassword } from '../../identity/service.ts';
import { issueChallenge, passkeysPossible } from '../../mfa/service/challenges.ts';
import { proveForEnrolment } from '../../mfa/service/person.ts';
import { noProvider, onlyWayIn } from '../errors.ts';
import { sessionEvent } from '../events.ts';
import type { ProviderConnection } from '../schema.ts';
import { deleteLinks, findConnection } from '../store.ts';
import { configuredProvider } from './provider.ts';

/** What the sign-in page offers besides a password. The way out begins at the address the provider leads back to. */
export function signInChoices(next: string) {
  const provider = configuredProvider();
  return {
    passkeys: passkeysPossible(),
    provider: provider ? { label: provider.label, href: startUrl({ next }) } : null,
  };
}

function startUrl(query: Record<string, string>): string {
  const url = new URL('/api/oidc/start', env().publicUrl);
  url.search = new URLSearchParams(query).toString();
  return url.toString();
}

export async function readConnection(ctx: ReadContext): Promise<ProviderConnection> {
  const provider = configuredProvider();
  if (!provider) return { label: null, issuer: null, connectedAt: null, lastUsedAt: null };
  const found = await findConnection(ctx.db, provider.client.issuer, ctx.principal.id);
  return {
    label: provider.label,
    issuer: provider.client.issuer,
    connectedAt: found?.createdAt ?? null,
    lastUsedAt: found?.lastUsedAt ?? null,
  };
}

/** A ticket to the provider, good once for this person: connecting gives somebody another way in, like a new factor. */
export async function askConnection(ctx: CommandContext, currentPassword: string | undefined) {
  if (!configuredProvider()) throw noProvider();
  await proveForEnrolment(ctx, currentPassword);
  const { challengeId } = await issueChallenge(ctx, ctx.principal.id, 'connect');
  ctx.unchanged();
  return { url: startUrl({ ticket: challengeId }) };
}

export async function disconnect(ctx: CommandContext): Promise<ProviderConnection> {
  const provider = configuredProvider();
  if (!provider) throw noProvider();
  const { id } = ctx.principal;
  if ((await findOwnPassword(ctx)) === noPassword) throw onlyWayIn();
  const { issuer } = provider.client;
  await ctx.commit(sessionEvent('session.provider_disconnected', id, { issuer }), tx =>
    deleteLinks(tx, issuer, id),
  );
  return readConnection(ctx);
}
