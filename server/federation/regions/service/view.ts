import type { Json } from '#kernel/ledger/event.ts';
import { policiesInForce } from '#kernel/policy/in-force.ts';
import { sha256Hex } from '#kernel/signing/canonical.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import type { Heartbeat } from '../schema.ts';
import { type LivingRegion, selectLiving } from '../store/life.ts';

type Facts = (ctx: ReadContext, region: string) => Promise<Json>;
const declared = new Map<string, Facts>();

/** Systems say what a region that was away may have missed of theirs; the words are shown as they are. */
export const declareRegionFacts = (what: string, read: Facts): void => {
  declared.set(what, read);
};

type Notice = (ctx: ReadContext, region: string) => Promise<Json>;
const notices = new Map<string, Notice>();

/** What a heartbeat's answer carries for a region, by the system that says it. */
export const declareRegionNotice = (system: string, read: Notice): void => {
  notices.set(system, read);
};

type Listener = (ctx: ReadContext, beats: readonly Heartbeat[]) => Promise<void>;
const listeners: Listener[] = [];

/** Told of every batch of heartbeats that were accepted, after they are kept. */
export const onHeartbeats = (listen: Listener): void => {
  listeners.push(listen);
};

export const tellListeners = async (ctx: ReadContext, beats: readonly Heartbeat[]): Promise<void> => {
  for (const listen of listeners) await listen(ctx, beats);
};

export async function noticesFor(ctx: ReadContext, region: string): Promise<Record<string, Json>> {
  const read = [...notices].map(async ([system, say]) => [system, await say(ctx, region)] as const);
  return Object.fromEntries(await Promise.all(read));
}

/** What the console holds about a region and about what concerns it, at this moment. */
export async function viewOf(ctx: ReadContext, region: LivingRegion): Promise<{ [key: string]: Json }> {
  const [others, policies, facts] = await Promise.all([
    selectLiving(ctx.db, null),
    policiesInForce(ctx.database),
    Promise.all([...declared].map(async ([what, read]) => [what, await read(ctx, region.id)] as const)),
  ]);
  return {
    Registration: { address: region.url, content: region.contentHash.slice(0, 16), keys: liveKeys(region) },
    Role: { role: region.role, epoch: region.epoch },
    'What it reports': region.report,
    'Policies in force': Object.fromEntries(
      policies.map(({ content, version }) => [content.id, `version ${version}`]),
    ),
    'Other regions': Object.fromEntries(
      others
        .filter(other => other.id !== region.id)
        .map(other => [other.id, `${other.role}, epoch ${other.epoch}`]),
    ),
    ...Object.fromEntries(facts),
  };
}

const liveKeys = ({ keys }: LivingRegion): string =>
  sha256Hex(
    keys
      .filter(key => key.revokedAt === null)
      .map(key => key.id)
      .sort()
      .join(','),
  ).slice(0, 16);
