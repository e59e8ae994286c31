import { setTimeout as pause } from 'node:timers/promises';
import { canonicalBytes, sha256Hex } from '#kernel/signing/canonical.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { noSuchRegion } from '../errors.ts';
import { selectLiving } from '../store/life.ts';
import { noticesFor } from './view.ts';

const lookEveryMs = 200;

/** An open call: whoever holds one hears of a revocation within a fifth of a second. */
export async function waitForNotices(
  ctx: ReadContext,
  { name, known, wait }: { name: string; known?: string | undefined; wait: number },
) {
  const [region] = await selectLiving(ctx.db, [name]);
  if (!region) throw noSuchRegion(name);
  const until = performance.now() + wait * 1000;
  for (;;) {
    const notices = await noticesFor(ctx, name);
    const digest = sha256Hex(canonicalBytes(notices)).slice(0, 32);
    if (digest !== known || performance.now() >= until) return { digest, notices };
    await pause(lookEveryMs);
  }
}
