import { setTimeout } from 'node:timers/promises';
import { env } from '#kernel/env/env.ts';
import { gatewayStates } from '#kernel/env/gateways.ts';
import { type Phase, phases, phasesOf, type Variable, variables } from '#kernel/env/variables.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import { writeReport } from '#kernel/reports/reports.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { prechecked } from './events.ts';
import { realProbes } from './gateway.real.ts';
import type { ProbeGateway } from './gateway.ts';
import { blockFileOf, decide, whyBlocked } from './rules.ts';
import type { Dependency, Precheck } from './schema.ts';
import { insertPrecheck, selectLatest } from './store.ts';

const confirmMs = 500;
const entries = Object.entries(variables) as [string, Variable][];
const isSet = (name: string): boolean => env().connected(name) !== undefined;

export function listEnvironment(_ctx: ReadContext) {
  return {
    gateways: gatewayStates().map(g => ({
      ...g,
      phases: g.phases === 'all' ? [...phases] : [...g.phases],
      connect: g.connect.map(names => [...names]),
    })),
    variables: entries.map(([name, v]) => ({
      name,
      purpose: v.purpose,
      without: v.without,
      phases: [...phasesOf(v)],
      critical: [...(v.critical ?? [])],
      oneOf: v.oneOf ?? null,
      secret: v.secret ?? false,
      set: isSet(name),
    })),
    simulation: env().simulation,
    production: env().production,
  };
}

export const readLatest = async (ctx: ReadContext) => ({ results: await selectLatest(ctx.db) });

export async function runPrecheck(
  ctx: CommandContext,
  phase: Phase,
  gateway: ProbeGateway = realProbes,
): Promise<Precheck> {
  const look = async () => decide(phase, await probeAll(phase, gateway), ctx.clock.now());
  let result = await look();
  // A block refuses every command of the phase: one answer that came late is not enough for it.
  for (let again = 0; result.decision === 'BLOCK' && again < 2; again += 1) {
    await setTimeout(confirmMs);
    result = await look();
  }
  writeReports(result);
  await ctx.commit(prechecked(phase, result.decision, result.gaps), tx =>
    insertPrecheck(tx, uuidv7(ctx.clock.now().getTime()), result),
  );
  return result;
}

async function probeAll(phase: Phase, gateway: ProbeGateway): Promise<Dependency[]> {
  const wanted = entries.filter(([, v]) => v.probe && phasesOf(v).includes(phase));
  const { KUBECONFIG, OPENAI_BASE_URL } = env().vars;
  const companions = {
    ...(KUBECONFIG ? { kubeconfig: KUBECONFIG } : {}),
    ...(OPENAI_BASE_URL ? { openaiBaseUrl: OPENAI_BASE_URL } : {}),
  };
  return Promise.all(
    wanted.map(async ([variable, v]) => {
      // G.1 asks the registry at its usual place also where the variable is not set; I.1 asks for the variable.
      const usual =
        phase === 'G.1' && variable === 'GLOBAL_REGISTRY_URL'
          ? `http://localhost:${8401 + env().servicePortOffset}`
          : undefined;
      const value = env().connected(variable) ?? usual;
      const state =
        value === undefined ? 'MISSING' : await gateway.probe(v.probe ?? 'set', value, companions);
      const critical = v.critical?.includes(phase) ?? false;
      return { variable, state, critical, ...(critical && v.oneOf ? { oneOf: v.oneOf } : {}) };
    }),
  );
}

function writeReports(result: Precheck): void {
  const { phase } = result;
  writeReport(`${phase}_precheck.json`, `${JSON.stringify(result, null, 2)}\n`);
  const notes = [
    ...result.blocked.map(b => `${b.policy} = BLOCKED: ${b.reason}`),
    ...result.productionBlockers.map(name => `${name} must be there before production.`),
  ];
  const lines = result.dependencies.map(d => `${d.variable}: ${d.state}`);
  writeReport(
    `logs/${phase}_precheck.log`,
    `${[`${result.at} precheck ${phase}: ${result.decision}`, ...lines, ...notes].join('\n')}\n`,
  );
  const block =
    result.decision === 'BLOCK' ? `${result.at} phase ${phase} is blocked: ${whyBlocked(result)}.\n` : null;
  writeReport(blockFileOf(phase), block);
}
