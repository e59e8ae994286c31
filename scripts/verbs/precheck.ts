import { systemPrincipal } from '#kernel/auth/principal.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { phases } from '#server/platform/environment/schema.ts';
import { runPrecheck } from '#server/platform/environment/service.ts';
import type { Verb } from './catalogue.ts';

export const precheckVerb: Verb = {
  name: 'precheck',
  usage: 'precheck [PHASE]',
  summary: 'Probe what a phase needs; exits with 1 on BLOCK',
  run: async ([phase]) => {
    const wanted = phases.filter(p => phase === undefined || p === phase);
    if (wanted.length === 0) {
      console.error(`Unknown phase "${phase}". Known: ${phases.join(', ')}.`);
      return 2;
    }
    const ctx = systemContext('cli', consoleDatabase(), systemClock, systemPrincipal('cli'));
    let blocked = false;
    for (const p of wanted) {
      const result = await runPrecheck(ctx, p);
      blocked ||= result.decision === 'BLOCK';
      console.log(`${p}: ${result.decision}${result.simulation ? ' (simulation)' : ''}`);
      for (const d of result.dependencies)
        console.log(
          `  ${d.variable.padEnd(24)} ${d.state}${d.critical ? ` (critical${d.oneOf ? `: ${d.oneOf}` : ''})` : ''}`,
        );
      for (const name of result.productionBlockers) console.log(`  ${name} must be there before production`);
      for (const b of result.blocked) console.log(`  ${b.policy} = BLOCKED: ${b.reason}`);
    }
    return blocked ? 1 : 0;
  },
};
