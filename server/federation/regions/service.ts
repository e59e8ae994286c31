import { isProduction } from '#kernel/env/production.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { type Listed, paged } from '#kernel/trpc/list.ts';
import { noSuchRegion, registrationRefused } from './errors.ts';
import { regionEvent } from './events.ts';
import { type Accepted, checkRegistration, provenBy, type Refused } from './rules.ts';
import type { ListRegionsInput, RegionDetail, RegionRow } from './schema.ts';
import {
  countRegions,
  findRegion,
  findRegionForUpdate,
  insertRegion,
  selectAllRegions,
  selectRegions,
  updateRegion,
} from './store.ts';

export async function listRegions(ctx: ReadContext, input: ListRegionsInput): Promise<Listed<RegionRow>> {
  const [rows, total] = await Promise.all([
    selectRegions(ctx.db, input),
    input.total ? countRegions(ctx.db, input) : undefined,
  ]);
  return paged(rows, input, total);
}

export async function readRegion(ctx: ReadContext, name: string): Promise<RegionDetail> {
  const found = await findRegion(ctx.db, name);
  if (!found) throw noSuchRegion(name);
  return found;
}

export async function readGlobalStatus(ctx: ReadContext) {
  const rows = await selectAllRegions(ctx.db);
  const byState: Record<string, number> = {};
  for (const row of rows) byState[row.state] = (byState[row.state] ?? 0) + 1;
  return {
    at: ctx.clock.now().toISOString(),
    regions: rows.map(row => ({
      name: row.id,
      state: row.state,
      since: row.stateSince,
      simulated: row.simulated,
    })),
    byState,
  };
}

/** For other systems: which regions exist, as far as the caller may see. */
export const knownRegions = async (ctx: ReadContext) =>
  (await selectAllRegions(ctx.db)).map(({ id, country, state }) => ({ id, country, state }));

export async function registerRegion(ctx: CommandContext, input: unknown) {
  const checked = checkRegistration(input);
  if (!checked.ok) return refuse(ctx, checked);
  const waits = await askForAdmission(ctx, checked);
  if (waits) return waits;
  const outcome = await store(ctx, checked);
  if (outcome === 'key_change')
    return refuse(ctx, { ok: false, reason: 'key_change', claimed: checked.registration.name });
  const region = await readStored(ctx, checked);
  return { status: outcome, region };
}

/** What becomes part of production does so by somebody's decision; what is part of it already shows its keys. */
async function askForAdmission(ctx: CommandContext, accepted: Accepted) {
  const { registration: r, contentHash, keys } = accepted;
  const known = await findRegion(ctx.ownWrites(), r.name);
  // Somebody without the region's key is refused further down, and asks nobody for anything.
  const admits =
    known === null ||
    (known.environment !== 'production' &&
      known.contentHash !== contentHash &&
      provenBy(accepted.envelope, known.keys));
  return ctx.requireApproval('region.admit', {
    title: `Admit the production region ${r.name}`,
    subject: { kind: 'region', id: r.name },
    scope: { region: r.name, target: { contentHash: known?.contentHash ?? null } },
    facts: { production: admits && isProduction(r) },
    plan: [
      `Check the signature of ${r.name} again`,
      known
        ? `Change ${r.name} from ${known.environment} to ${r.environment}`
        : `Register ${r.name} at ${r.url}`,
      `Trust ${keys.length === 1 ? 'its key' : `its ${keys.length} keys`} from then on`,
    ],
    change: {
      before: known ? { environment: known.environment, url: known.url } : null,
      after: { environment: r.environment, url: r.url, keys: keys.map(key => key.id), contentHash },
    },
    blast: `One region, ${r.name}: it may then hold data and take traffic of production tenants.`,
  });
}

type Outcome = 'registered' | 'updated' | 'unchanged' | 'key_change';

/** Thrown inside the transaction to leave it without an entry; never seen outside. */
class NothingToStore extends Error {
  readonly outcome: Outcome;
  constructor(outcome: Outcome) {
    super(outcome);
    this.outcome = outcome;
  }
}

async function store(ctx: CommandContext, accepted: Accepted): Promise<Outcome> {
  const { registration: r } = accepted;
  const detail = {
    environment: r.environment,
    url: r.url,
    keys: accepted.keys.map(key => key.id),
    contentHash: accepted.contentHash,
  };
  try {
    return await ctx.commit(
      result => regionEvent(result === 'updated' ? 'region.updated' : 'region.registered', r.name, detail),
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
        if (!provenBy(accepted.envelope, keys)) throw new NothingToStore('key_change');
        if (known.contentHash === accepted.contentHash) throw new NothingToStore('unchanged');
        await updateRegion(tx, accepted, now);
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
  return found;
}

async function refuse(ctx: CommandContext, refused: Refused): Promise<never> {
  await ctx.commit(
    regionEvent('region.refused', refused.claimed ?? 'unknown', { reason: refused.reason, unproven: true }),
    async () => {},
    { refuses: true },
  );
  throw registrationRefused(refused);
}
