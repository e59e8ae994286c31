import { holds } from '#kernel/authz/authz.ts';
import { isProduction } from '#kernel/env/production.ts';
import { askStreamsJob } from '#kernel/regions/ask-streams.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { type Listed, paged } from '#kernel/trpc/list.ts';
import { noSuchRegion, registrationRefused } from './errors.ts';
import { regionEvent } from './events.ts';
import { type Accepted, checkRegistration, provenBy, type Refused, staleBy } from './rules.ts';
import type { ListRegionsInput, RegionDetail, RegionRow } from './schema.ts';
import { calledBy } from './service/reality.ts';
import { moveRegion } from './store/life.ts';
import {
  countRegions,
  findRegion,
  findRegionForUpdate,
  insertRegion,
  selectAllRegions,
  selectLoads,
  selectRegions,
  selectStatus,
  updateRegion,
} from './store.ts';

export async function listRegions(ctx: ReadContext, input: ListRegionsInput): Promise<Listed<RegionRow>> {
  const [rows, total] = await Promise.all([
    selectRegions(ctx.db, input),
    input.total ? countRegions(ctx.db, input) : undefined,
  ]);
  return paged(rows.map(calledBy()), input, total);
}

export async function readRegion(ctx: ReadContext, name: string): Promise<RegionDetail> {
  const found = await findRegion(ctx.db, name);
  if (!found) throw noSuchRegion(name);
  return calledBy()(found);
}

export async function readGlobalStatus(ctx: ReadContext) {
  const rows = await selectStatus(ctx.db);
  const called = calledBy();
  const byState: Record<string, number> = {};
  for (const row of rows) byState[row.state] = (byState[row.state] ?? 0) + 1;
  return {
    at: ctx.clock.now().toISOString(),
    regions: rows.map(({ checks, ...kept }) => {
      const row = called(kept);
      return {
        name: row.id,
        state: row.state,
        since: row.stateSince,
        database: row.database,
        simulated: row.simulated,
        lastHeartbeat: row.heardAt,
        role: row.role,
        epoch: row.epoch,
        policies: checks ?? {},
      };
    }),
    byState,
  };
}

/** For other systems: which regions exist, as far as the caller may see. */
export const knownRegions = async (ctx: ReadContext) =>
  (await selectAllRegions(ctx.db))
    .map(calledBy())
    .map(({ id, country, state, database }) => ({ id, country, state, database }));

const loadFreshMs = 60_000;

/** The busier of a region's processors and memory, 0 to 1, by its last heartbeat; who says nothing lately is left out. */
export async function regionLoads(ctx: ReadContext): Promise<Map<string, number>> {
  const now = ctx.clock.now().getTime();
  const loads = new Map<string, number>();
  for (const { id, load, heardAt } of await selectLoads(ctx.db)) {
    const said = [load?.cpu, load?.memory].filter(share => share !== undefined);
    if (heardAt !== null && now - Date.parse(heardAt) <= loadFreshMs && said.length > 0)
      loads.set(id, Math.max(...said));
  }
  return loads;
}

/** The state of one region now; null for one that is unknown or not visible. */
export const regionState = async (ctx: ReadContext, name: string) =>
  (await findRegion(ctx.db, name))?.state ?? null;

export { assumeRole, readoptRegions } from './service/orders.ts';
export { declareRegionFacts, declareRegionNotice, onHeartbeats } from './service/view.ts';

export async function registerRegion(ctx: CommandContext, input: unknown) {
  const checked = checkRegistration(input);
  if (!checked.ok) return refuse(ctx, checked);
  if (await needsToken(ctx, checked))
    return refuse(ctx, { ok: false, reason: 'token', claimed: checked.registration.name });
  const { waits, ...asked } = await askPeople(ctx, checked);
  if (waits) return waits;
  const outcome = await store(ctx, checked, asked);
  if (outcome === 'key_change' || outcome === 'revoked_key' || outcome === 'superseded')
    return refuse(ctx, { ok: false, reason: outcome, claimed: checked.registration.name });
  const region = await readStored(ctx, checked);
  return { status: outcome, region };
}

/** Whoever calls without a login reaches the simulated world: a key that anybody can make brings in nothing else. */
async function needsToken(ctx: CommandContext, { registration: r }: Accepted): Promise<boolean> {
  if (ctx.scope.reach !== 'simulated') return false;
  const known = await findRegion(ctx.ownWrites(), r.name);
  return [r.environment, known?.environment ?? 'simulation'].some(each => each !== 'simulation');
}

/**
 * What becomes part of production does so by somebody's decision, and so does a key that no key of the region vouches for.
 * What is part of production already shows its keys; its key alone takes it neither out of production, where nobody would be
 * asked any more, nor into another country, where other tenants' data may lie.
 */
async function askPeople(ctx: CommandContext, accepted: Accepted) {
  const { registration: r, contentHash, keys } = accepted;
  const known = await findRegion(ctx.ownWrites(), r.name);
  const before = known?.state === 'pending' ? null : known;
  const proven = known === null || provenBy(accepted.envelope, known.keys);
  const rekeys = !proven && before !== null && holds(ctx.principal.holders, 'region:rekey');
  // Somebody without the region's key is refused further down, and asks nobody for anything.
  const admits =
    proven &&
    isProduction(r) &&
    (before === null || (!isProduction(before) && before.contentHash !== contentHash));
  const moves =
    proven && before !== null && isProduction(before) && placeOf(before) !== placeOf({ ...r, ...r.location });
  const approval = rekeys ? 'region.rekey' : moves ? 'region.relocate' : 'region.admit';
  const target = {
    content: before?.contentHash ?? null,
    waiting: known?.state === 'pending' ? known.contentHash : contentHash,
  };
  const waits = await ctx.requireApproval(approval, {
    title: titles[approval](r.name),
    subject: { kind: 'region', id: r.name },
    scope: { region: r.name, target },
    facts: { production: admits || moves },
    plan: [
      `Check the signature of ${r.name} again`,
      before
        ? `Change ${r.name} from ${placeOf(before)} to ${placeOf({ ...r, ...r.location })}`
        : `Register ${r.name} at ${r.url}`,
      `Trust ${keys.length === 1 ? 'its key' : `its ${keys.length} keys`} from then on${rekeys ? ', though no earlier key signed for it' : ''}`,
    ],
    change: {
      before: before ? { environment: before.environment, country: before.country, url: before.url } : null,
      after: {
        environment: r.environment,
        country: r.location?.country ?? null,
        url: r.url,
        keys: keys.map(key => key.id),
        contentHash,
      },
    },
    blast: rekeys
      ? `One region, ${r.name}: whoever holds the new key speaks for it.`
      : `One region, ${r.name}: it may then hold data and take traffic of production tenants.`,
  });
  if (waits && admits && before === null) await storeWaiting(ctx, accepted, known?.contentHash ?? null);
  return { waits, rekeyed: rekeys && waits === null, agreed: waits === null && (rekeys || moves || admits) };
}

const titles = {
  'region.rekey': (name: string) => `Give the region ${name} other keys`,
  'region.relocate': (name: string) => `Change what or where the production region ${name} is`,
  'region.admit': (name: string) => `Admit the production region ${name}`,
};

const placeOf = (of: { environment: string; country?: string | null | undefined }) =>
  `${of.environment} in ${of.country ?? 'no stated country'}`;

/** It is seen from now on, and is nothing yet: no rule and no order but the approval leads out of `pending`. */
async function storeWaiting(
  ctx: CommandContext,
  accepted: Accepted,
  knownHash: string | null,
): Promise<void> {
  if (knownHash === accepted.contentHash) return;
  const { registration: r, contentHash } = accepted;
  await ctx.commit(
    regionEvent('region.waiting', r.name, { environment: r.environment, url: r.url, contentHash }),
    async tx => {
      const now = ctx.clock.now();
      const known = await findRegionForUpdate(tx, r.name);
      if (!known) await insertRegion(tx, accepted, 'pending', false, now);
      else if (known.state === 'pending') await updateRegion(tx, accepted, known, now);
    },
    { asks: true },
  );
}

type Outcome = 'registered' | 'updated' | 'unchanged' | 'key_change' | 'revoked_key' | 'superseded';

/** Thrown inside the transaction to leave it without an entry; never seen outside. */
class NothingToStore extends Error {
  readonly outcome: Outcome;
  constructor(outcome: Outcome) {
    super(outcome);
    this.outcome = outcome;
  }
}

async function store(
  ctx: CommandContext,
  accepted: Accepted,
  { rekeyed, agreed }: { rekeyed: boolean; agreed: boolean },
): Promise<Outcome> {
  const { registration: r } = accepted;
  const detail = {
    ...(rekeyed ? { rekeyed: true } : {}),
    environment: r.environment,
    country: r.location?.country ?? null,
    url: r.url,
    keys: accepted.keys.map(key => key.id),
    contentHash: accepted.contentHash,
  };
  try {
    return await ctx.commit(
      // Where a region lies decides what may lie there: every stream is asked about again.
      result =>
        result === 'updated'
          ? { ...regionEvent('region.updated', r.name, detail), jobs: [askStreamsJob()] }
          : regionEvent('region.registered', r.name, detail),
      async (tx): Promise<Outcome> => {
        const now = ctx.clock.now();
        const known = await findRegionForUpdate(tx, r.name);
        if (!known) {
          await insertRegion(tx, accepted, 'active', r.environment === 'simulation', now);
          return 'registered';
        }
        const keys = known.keys.map(key => ({
          publicKey: key.publicKey,
          revokedAt: key.revokedAt?.toISOString() ?? null,
        }));
        if (!rekeyed && !provenBy(accepted.envelope, keys)) throw new NothingToStore('key_change');
        if (known.keys.some(key => key.revokedAt !== null && accepted.keys.some(({ id }) => id === key.id)))
          throw new NothingToStore('revoked_key');
        const again = known.contentHash === accepted.contentHash;
        // What people agreed to is not asked when it was signed.
        if (!agreed && !again && staleBy(accepted, known, now)) throw new NothingToStore('superseded');
        if (known.state === 'pending') {
          await updateRegion(tx, accepted, known, now);
          await moveRegion(tx, r.name, 'pending', 'active', { now });
          return 'registered';
        }
        if (again) throw new NothingToStore('unchanged');
        await updateRegion(tx, accepted, known, now);
        return 'updated';
      },
    );
  } catch (error) {
    if (!(error instanceof NothingToStore)) throw error;
    ctx.unchanged();
    return error.outcome;
  }
}

/** Whoever proved to hold the region's key may see what was stored, also where the list would not show it. */
async function readStored(ctx: CommandContext, accepted: Accepted): Promise<RegionDetail> {
  const found = await findRegion(ctx.ownWrites(), accepted.registration.name);
  if (!found) throw noSuchRegion(accepted.registration.name);
  return calledBy()(found);
}

async function refuse(ctx: CommandContext, refused: Refused): Promise<never> {
  await ctx.commit(
    regionEvent('region.refused', refused.claimed ?? 'unknown', { reason: refused.reason, unproven: true }),
    async () => {},
    { refuses: true },
  );
  throw registrationRefused(refused);
}
