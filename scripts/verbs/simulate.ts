import { parseArgs } from 'node:util';
import { systemPrincipal } from '#kernel/auth/principal.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { type GameDayDetail, gameDayInput } from '#server/governance/simulation/schema/game-days.ts';
import type { Scorecard } from '#server/governance/simulation/schema/judgement.ts';
import { readLibrary } from '#server/governance/simulation/service/faults.ts';
import { readGameDay, startGameDay } from '#server/governance/simulation/service/game-days.ts';
import { runSandbox } from '#server/governance/simulation/service/runs.ts';
import '#server/root.ts';
import type { Verb } from './catalogue.ts';

const usage = 'simulate --scenario X [--target KIND:ID] [--minutes N] [--live] | --run-sim';

export const simulateVerb: Verb = {
  name: 'simulate',
  usage,
  summary:
    'Hold a game day in the simulated world (on a copy, or --live), or all of them with a scorecard. Exits with 1 unless all pass',
  run: async words => {
    const wanted = wordsOf(words);
    if (!wanted) {
      console.error(`Say what: npm run atom -- ${usage}`);
      return 2;
    }
    const ctx = systemContext('cli', consoleDatabase(), systemClock, systemPrincipal('cli'));
    try {
      return await (wanted.all ? runAll(ctx) : runOne(ctx, wanted.input));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      console.error(error.message);
      return 1;
    }
  },
};

/** Every game day on a copy of the world as it is now, and one plan in the sandbox. */
async function runAll(ctx: CommandContext): Promise<number> {
  const { scenarios } = await readLibrary(ctx);
  let held = 0;
  const days = scenarios.filter(s => s.gameDay);
  for (const { id } of days)
    held += tell(await hold(ctx, gameDayInput.parse({ scenario: id }))) === 'pass' ? 1 : 0;
  const { result } = await runSandbox(ctx, {
    plan: { tenantId: 't1', steps: [{ action: 'scale', target: 'service-x', params: { replicas: 3 } }] },
    minutes: 15,
  });
  tellCard('Sandbox: scale service-x of t1 to 3 replicas', result.scorecard);
  console.log(`${held} of ${days.length} game days passed in the simulated world.`);
  return held === days.length && result.scorecard.verdict !== 'fail' ? 0 : 1;
}

async function runOne(ctx: CommandContext, input: unknown): Promise<number> {
  const parsed = gameDayInput.safeParse(input);
  if (!parsed.success) {
    const known = (await readLibrary(ctx)).scenarios.map(s => s.id).join(', ');
    console.error(`${parsed.error.issues[0]?.message ?? 'Not understood'}. Scenarios: ${known}.`);
    return 2;
  }
  const day = await hold(ctx, parsed.data);
  if (day.state === 'done') return tell(day) === 'pass' ? 0 : 1;
  console.log(
    `${day.title} on ${day.target.id} is under way in the simulated world until ${day.dueAt}; the report follows by itself.`,
  );
  return 0;
}

const hold = async (ctx: CommandContext, input: Parameters<typeof startGameDay>[1]) =>
  readGameDay(ctx, (await startGameDay(ctx, input)).id);

function tell(day: GameDayDetail): GameDayDetail['verdict'] {
  console.log(`${day.title} on ${day.target.id}: ${day.verdict} (simulated)`);
  for (const { name, ok, said } of day.checks)
    console.log(`  ${(ok === null ? 'unknown' : ok ? 'yes' : 'NO').padEnd(8)}${name}: ${said}`);
  if (day.file) console.log(`  signed report: ${day.file}`);
  return day.verdict;
}

function tellCard(title: string, card: Scorecard): void {
  console.log(`${title}: ${card.verdict}, score ${card.score ?? 'none'} (simulated)`);
  for (const m of card.metrics.filter(metric => metric.verdict !== 'context'))
    console.log(`  ${m.verdict.padEnd(13)}${m.name}: ${m.reason}`);
}

function wordsOf(words: string[]): { all: true } | { all: false; input: unknown } | null {
  try {
    const { values } = parseArgs({
      args: words,
      options: {
        scenario: { type: 'string' },
        target: { type: 'string' },
        minutes: { type: 'string' },
        live: { type: 'boolean', default: false },
        'run-sim': { type: 'boolean', default: false },
      },
    });
    if (values['run-sim']) return { all: true };
    if (values.scenario === undefined) return null;
    const [kind, id] = values.target?.split(':') ?? [];
    return {
      all: false,
      input: {
        scenario: values.scenario,
        mode: values.live ? 'live' : 'rehearsal',
        ...(values.target === undefined ? {} : { target: { kind, id } }),
        ...(values.minutes === undefined ? {} : { minutes: Number(values.minutes) }),
      },
    };
  } catch {
    return null;
  }
}
