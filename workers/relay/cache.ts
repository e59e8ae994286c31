import type { Server } from 'node:http';
import type { InferenceCache } from '#server/policy/cache/service/inference-cache.ts';
import { invalidateInput, lookupInput, storeInput } from '#server/policy/cache/service/inference-cache.ts';
import { type Certificate, invalid, ok, type Route, serve } from './http.ts';

/** The inference cache's own port, in the relay's process: it decides by the policies that the relay holds. */
export function cacheServer(cache: InferenceCache, tls?: Certificate): Server {
  const routes: Route[] = [
    {
      method: 'GET',
      path: /^\/health$/,
      answer: () => ok({ status: 'ok', system: 'cache', simulated: false, entries: cache.stats().entries }),
    },
    { method: 'GET', path: /^\/(?:cache\/stats|status)$/, answer: () => ok(cache.stats()) },
    { method: 'GET', path: /^\/metrics$/, answer: () => ok(cache.metrics()) },
    {
      method: 'POST',
      path: /^\/cache\/lookup$/,
      answer: async (_match, body) => {
        const asked = lookupInput.safeParse(body);
        return asked.success ? ok(await cache.lookup(asked.data)) : invalid(asked.error);
      },
    },
    {
      method: 'POST',
      path: /^\/cache\/store$/,
      answer: (_match, body) => {
        const asked = storeInput.safeParse(body);
        if (!asked.success) return invalid(asked.error);
        const stored = cache.store(asked.data);
        return { status: stored.stored ? 201 : 200, body: stored };
      },
    },
    {
      method: 'POST',
      path: /^\/cache\/invalidate$/,
      answer: (_match, body) => {
        const asked = invalidateInput.safeParse(body);
        return asked.success ? ok({ dropped: cache.invalidate(asked.data) }) : invalid(asked.error);
      },
    },
  ];
  return serve(routes, tls);
}
