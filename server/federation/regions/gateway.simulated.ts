import type { Json } from '#kernel/ledger/event.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { signEnvelope } from '#kernel/signing/dsse.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { loadWorld } from '#server/world/state.ts';
import type { HeartbeatSource } from './gateway.ts';
import { heartbeatType } from './schema.ts';
import { simulatedKey } from './service/simulated-key.ts';
import { noticesFor } from './service/view.ts';
import { selectLiving } from './store/life.ts';

export const beatEveryMs = 2_000;

/** A region keeps a call open at `/region/{name}/notices`: it knows at once what the console has to say. */
async function bundleTold(ctx: CommandContext): Promise<number | null> {
  const { trust } = await noticesFor(ctx, 'simulated');
  const told = typeof trust === 'object' && trust !== null && 'sequence' in trust ? trust.sequence : null;
  return typeof told === 'number' ? told : null;
}

const heldBy = (report: Json): number =>
  typeof report === 'object' && report !== null && 'bundle' in report && typeof report.bundle === 'number'
    ? report.bundle
    : -1;

/** A region that the world has lost sends nothing; one with a wrong clock sends its own time. */
export const simulatedHeartbeats: HeartbeatSource = {
  simulated: true,
  due: async ctx => {
    const now = ctx.clock.now().getTime();
    const world = await loadWorld(ctx.db, ctx.clock.now());
    const placed = new Set(world.regions.map(region => region.name));
    const told = await bundleTold(ctx);
    const due = (await selectLiving(ctx.db, [...placed])).filter(
      region =>
        region.simulated &&
        region.state !== 'retired' &&
        (region.heardAt === null ||
          now - Date.parse(region.heardAt) >= beatEveryMs - 250 ||
          (told !== null && told !== heldBy(region.report))),
    );
    return due.flatMap(region => {
      const { up, clockSkewMs, policyTampered, registryCorrupt, vaultBehind } = world.regionAt(
        region.id,
        now,
      );
      const key = simulatedKey(region.id);
      // Whoever registered under this name with a key of their own speaks for it, not the world.
      if (!up || !region.keys.some(own => own.id === key.id && own.revokedAt === null)) return [];
      const body = {
        name: region.id,
        sequence: now,
        at: new Date(now + clockSkewMs).toISOString(),
        role: region.role,
        epoch: region.epoch,
        version: 'world',
        ...(told === null ? {} : { bundle: told }),
        checks: {
          P2: policyTampered ? 'FAIL' : 'PASS',
          P4: 'PASS',
          P7: registryCorrupt || vaultBehind > 0 ? 'FAIL' : 'PASS',
        },
      };
      return [signEnvelope(heartbeatType, canonicalBytes(body), [{ id: key.id, key: key.key }])];
    });
  },
};
