import { hash } from 'node:crypto';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { noSuchRisk } from '../errors.ts';
import { evaluateAll, type Firing, type Rule } from '../rules/evaluate.ts';
import type { Facts } from '../rules/facts.ts';
import { scoreOf } from '../rules/score.ts';
import { levelOf, type RiskVector, type Severity, staleAfterSeconds } from '../schema.ts';
import { type StoredRisk, selectLatest, selectRisk } from '../store/risks.ts';
import { selectRules } from '../store/rules.ts';
import { selectSignals } from '../store/signals.ts';
import { calibrationInForce, type InForce } from './calibration.ts';
import { templatesOf, worstEventsIn } from './telemetry.ts';

export async function rulesInForce(ctx: ReadContext): Promise<Rule[]> {
  return (await selectRules(ctx.db))
    .filter(rule => rule.enabled)
    .map(({ id, definition }) => ({ id, definition }));
}

/** No rule looks back further than the longest window it may have; the usual ones a quarter of an hour. */
export const longestWindowMinutes = (rules: readonly Rule[]): number =>
  Math.max(5, ...rules.map(({ definition: { when } }) => ('withinMinutes' in when ? when.withinMinutes : 0)));

export async function factsOf(ctx: ReadContext, tenantId: string, rules: readonly Rule[]): Promise<Facts> {
  const now = ctx.clock.now();
  const from = new Date(now.getTime() - longestWindowMinutes(rules) * 60_000);
  const [{ events, cut }, signals, templates] = await Promise.all([
    worstEventsIn(ctx, { tenantId, from, to: now }),
    selectSignals(ctx.db, tenantId),
    templatesOf(ctx, tenantId, now),
  ]);
  return { now: now.getTime(), events, signals, templates, cut };
}

/** The five numbers of now, from events that arrived a moment ago too; what the loop wrote is its history. */
export async function scoreNow(
  ctx: ReadContext,
  tenantId: string,
  services: readonly (string | null)[],
  id: () => string,
): Promise<Evaluated & { rows: StoredRisk[] }> {
  const tenant = await readTenant(ctx, tenantId);
  const yardstick = await yardstickNow(ctx);
  const evaluated = await evaluateTenant(ctx, tenant, yardstick);
  return { ...evaluated, rows: rowsOf(tenant, evaluated, services, yardstick, id) };
}

/** What everybody is measured by at one moment. */
export interface Yardstick {
  rules: Rule[];
  calibration: InForce;
}

export async function yardstickNow(ctx: ReadContext): Promise<Yardstick> {
  const [rules, calibration] = await Promise.all([rulesInForce(ctx), calibrationInForce(ctx)]);
  return { rules, calibration };
}

export interface Evaluated {
  facts: Facts;
  firings: Firing[];
}

type Tenant = { id: string; simulated: boolean };

export async function evaluateTenant(
  ctx: ReadContext,
  tenant: Tenant,
  { rules }: Yardstick,
): Promise<Evaluated> {
  const facts = await factsOf(ctx, tenant.id, rules);
  return { facts, firings: evaluateAll(rules, facts, tenant.simulated) };
}

export function rowsOf(
  tenant: Tenant,
  { facts, firings }: Evaluated,
  services: readonly (string | null)[],
  { calibration }: Yardstick,
  id: () => string,
): StoredRisk[] {
  const at = new Date(facts.now).toISOString();
  return services.map((service): StoredRisk => {
    const scored = scoreOf(firings, service ?? undefined);
    return {
      tenantId: tenant.id,
      id: id(),
      service,
      at,
      ...scored.scores,
      level: scored.level,
      probability: calibration.probability(facts, firings, service),
      contributions: scored.contributions,
      inputs: inputsOf(scored.contributions, calibration.id, facts.cut ?? []),
      cut: [...(facts.cut ?? [])],
      simulated: tenant.simulated,
    };
  });
}

/** Equal while nothing but time has passed. */
const inputsOf = (
  contributions: StoredRisk['contributions'],
  calibration: string | null,
  cut: readonly Severity[],
): string =>
  hash(
    'sha256',
    JSON.stringify([calibration, contributions.map(c => [c.feature, c.title, c.value, c.eventIds]), cut]),
    'hex',
  ).slice(0, 32);

export function vectorOf(ctx: ReadContext, stored: StoredRisk): RiskVector {
  const { security, cost, performance, reliability, compliance, inputs: _inputs, ...rest } = stored;
  const scores = { security, cost, performance, reliability, compliance };
  const overall = Math.max(...Object.values(scores));
  return {
    ...rest,
    scores,
    overall,
    level: levelOf(overall),
    stale: ctx.clock.now().getTime() - Date.parse(stored.at) > staleAfterSeconds * 1000,
    staleAfterSeconds,
  };
}

/**
 * The newest score that was kept, or the one of this moment where events or signals say something else since: then its id
 * is `live`, which can be read as long as it is so.
 */
export async function latestRisk(ctx: ReadContext, tenantId: string, service?: string): Promise<RiskVector> {
  const wanted = service ?? null;
  const [{ rows }, kept] = await Promise.all([
    scoreNow(ctx, tenantId, [wanted], () => liveId),
    selectLatest(ctx.db, tenantId, wanted),
  ]);
  const live = rows[0];
  if (!live) throw noSuchRisk(tenantId);
  const fresh = kept && ctx.clock.now().getTime() - Date.parse(kept.at) <= staleAfterSeconds * 1000;
  return vectorOf(ctx, kept && fresh && kept.inputs === live.inputs ? kept : live);
}

const liveId = 'live';

export async function readRisk(ctx: ReadContext, tenantId: string, id: string): Promise<RiskVector> {
  await readTenant(ctx, tenantId);
  if (id === liveId) return latestRisk(ctx, tenantId);
  const found = await selectRisk(ctx.db, tenantId, id);
  if (!found) throw noSuchRisk(id);
  return vectorOf(ctx, found);
}
