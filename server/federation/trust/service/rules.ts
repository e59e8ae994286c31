import type { ApprovalRequired } from '#kernel/approvals/schema.ts';
import { isProduction } from '#kernel/env/production.ts';
import { saveWitnessRule } from '#kernel/ledger/witness-rule.ts';
import { askStreamsJob } from '#kernel/regions/ask-streams.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { knownRegions } from '#server/federation/regions/service.ts';
import { staleRules } from '../errors.ts';
import { trustEvent } from '../events.ts';
import { judgeFlow } from '../rules/flow.ts';
import { type FederationRules, federationRules } from '../schema.ts';
import { findRules, insertRules } from '../store/rules.ts';

type From = Pick<ReadContext, 'database' | 'clock'>;

/** The rules hold for everybody, whoever asks. */
export async function rulesInForce(from: From) {
  const found = await findRules(systemContext('trust.rules', from.database, from.clock).db);
  return {
    version: found?.version ?? 0,
    at: found?.at ?? null,
    by: found?.by ?? null,
    rules: federationRules.parse(found?.body ?? {}),
  };
}

export async function govern(
  ctx: CommandContext,
  input: { version: number; rules: FederationRules; reason: string },
): Promise<{ status: 'done'; version: number } | ApprovalRequired> {
  const before = await rulesInForce(ctx);
  if (before.version !== input.version) throw staleRules(before.version);
  const version = input.version + 1;
  const waits = await ctx.requireApproval('federation.govern', {
    title: 'Change what may flow in the federation',
    subject: { kind: 'federation_rules', id: String(version) },
    scope: { global: true, target: { version: before.version } },
    facts: { production: isProduction() },
    reason: input.reason,
    plan: [`Put version ${version} of the rules in force for every stream, member and snapshot from then on`],
    change: { before: before.rules, after: input.rules },
    blast:
      'Every region and member: streams that are not allowed any more are paused at once, and failovers to where data may not lie are refused.',
  });
  if (waits) return waits;
  const event = trustEvent('federation.governed', String(version), { reason: input.reason }, [
    askStreamsJob(),
  ]);
  await ctx.commit(event, async tx => {
    const by = `${ctx.principal.kind}:${ctx.principal.id}`;
    if (!(await insertRules(tx, { version, body: input.rules, at: ctx.clock.now(), by })))
      throw staleRules(version);
    const { witnesses, witnessMinutes } = input.rules;
    await saveWitnessRule(tx, { required: witnesses, withinMinutes: witnessMinutes }, ctx.clock.now());
  });
  return { status: 'done', version };
}

interface Flow {
  from: string;
  to: string;
  dataClass: FederationRules['borders'][number]['classes'][number];
}

/** The rules as they are now, for many questions at once. */
export async function flowJudge(ctx: From): Promise<(flow: Flow) => { allowed: boolean; reason: string }> {
  const [regions, { rules }] = await Promise.all([
    knownRegions(systemContext('trust.flow', ctx.database, ctx.clock)),
    rulesInForce(ctx),
  ]);
  const countries = new Map(regions.map(region => [region.id, region.country]));
  const placed = (region: string) => ({ region, country: countries.get(region) ?? null });
  return ({ from, to, dataClass }) => judgeFlow(rules, { from: placed(from), to: placed(to), dataClass });
}

/** Whether a class of data may be replicated from one region to another, and which line says so. */
export const mayReplicate = async (ctx: From, flow: Flow) => (await flowJudge(ctx))(flow);
