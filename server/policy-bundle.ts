import type { Principal } from '#kernel/auth/principal.ts';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import type { RestRequest } from '#kernel/http/rest/handle.ts';
import { refusal } from '#kernel/http/rest/response.ts';
import type { Bus } from '#kernel/realtime/bus.ts';
import { readContext } from '#kernel/trpc/builders.ts';
import { noSuchPolicy } from './policy/hub/errors.ts';
import './policy/hub/policy.ts';
import { policyRef } from './policy/hub/schema.ts';
import { bundleTag, policyBundle } from './policy/hub/service/bundle.ts';

export interface BundleDeps {
  database: Database;
  clock: Clock;
  principal(request: RestRequest): Promise<Principal>;
  /** Wakes those who wait for the next version. */
  bus(): Promise<Bus>;
}

export interface BundleAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

export const bundlePath = /^\/policy\/([^/]+)\/bundle$/;
const longestWaitSeconds = 60;
const mostWaiting = 1000;
let waiting = 0;

/**
 * The active version of a policy as an OPA bundle. With `If-None-Match` and `Prefer: wait=N` the answer waits until another
 * version is active, or the time is over; OPA takes the content type of such an answer as the sign that we can do that.
 */
export async function answerBundle(request: RestRequest, deps: BundleDeps): Promise<BundleAnswer> {
  try {
    const principal = await deps.principal(request);
    const [, name = ''] = bundlePath.exec(request.path) ?? [];
    const id = decoded(name);
    const parsed = policyRef.safeParse({ id });
    if (!parsed.success) throw noSuchPolicy(id.slice(0, 120));
    const ctx = await readContext(
      {
        principal,
        database: deps.database,
        clock: deps.clock,
        request: {
          channel: 'rest',
          ip: request.ip,
          userAgent: request.header('user-agent') ?? '',
          csrfSafe: true,
        },
      },
      { permission: 'policy:read' },
      'policies.bundle',
      async () => ({ id }),
    );
    const seconds = waitOf(request.header('prefer'));
    const known = tagsOf(request.header('if-none-match'));
    const fits = (tag: string) => known.includes(tag) || known.includes('*');
    const headers = {
      'content-type': seconds === null ? 'application/gzip' : 'application/vnd.openpolicyagent.bundles',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      vary: 'authorization, prefer',
    };
    let tag = await bundleTag(ctx, id);
    if (seconds !== null && fits(tag)) tag = await nextTag(deps, id, seconds, fits, () => bundleTag(ctx, id));
    if (fits(tag)) return { status: 304, headers: { ...headers, etag: tag }, body: '' };
    const { etag, bytes } = await policyBundle(ctx, id);
    return {
      status: 200,
      headers: { ...headers, etag, 'content-disposition': `attachment; filename="${id}.tar.gz"` },
      body: bytes,
    };
  } catch (error) {
    return refusal(error);
  }
}

/** Listens before it looks again, so that what becomes active in between is not missed. */
async function nextTag(
  deps: BundleDeps,
  id: string,
  seconds: number,
  fits: (tag: string) => boolean,
  read: () => Promise<string>,
): Promise<string> {
  if (waiting >= mostWaiting) return read();
  waiting += 1;
  let wake = () => {};
  let woken = false;
  const bus = await deps.bus().catch(error => {
    waiting -= 1;
    throw error;
  });
  const unsubscribe = bus.subscribe(event => {
    if (!('gap' in event) && (event.topic !== 'policies' || event.key !== id)) return;
    woken = true;
    wake();
  });
  const until = performance.now() + seconds * 1000;
  try {
    for (;;) {
      woken = false;
      const tag = await read();
      const left = until - performance.now();
      if (!fits(tag) || left <= 0) return tag;
      if (woken) continue;
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, left);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    waiting -= 1;
    unsubscribe();
  }
}

/** RFC 7240: `wait=N` among other preferences; null = not asked for. */
export function waitOf(prefer: string | undefined): number | null {
  const found = /(?:^|[,;\s])wait=(\d{1,6})(?=$|[,;\s])/i.exec(prefer ?? '')?.[1];
  return found === undefined ? null : Math.min(Number(found), longestWaitSeconds);
}

/** Weak and strong tags alike: what is compared is the content, never its bytes. */
const tagsOf = (header: string | undefined): string[] =>
  (header ?? '')
    .split(',')
    .map(tag => tag.trim().replace(/^W\//, ''))
    .filter(Boolean);

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
