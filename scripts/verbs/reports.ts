import { systemPrincipal } from '#kernel/auth/principal.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { phases } from '#kernel/env/define.ts';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import '#server/root.ts';
import { makeReport } from '#server/platform/reports/service.ts';
import { verifyReports } from '#server/platform/reports/verify.ts';
import type { Verb } from './catalogue.ts';

const context = () => systemContext('cli', consoleDatabase(), systemClock, systemPrincipal('cli'));

export const reportVerb: Verb = {
  name: 'report',
  usage: 'report PHASE',
  summary:
    'Ask the running console what a phase promises; write and sign the answers. Exits with 1 on BLOCK or a failure',
  run: async ([given]) => {
    const phase = phases.find(p => p === given);
    if (!phase) {
      console.error(`Name a phase: ${phases.join(', ')}.`);
      return 2;
    }
    try {
      const run = await makeReport(context(), phase);
      for (const s of run.snapshot.services)
        console.log(
          `  ${s.id.padEnd(6)} ${s.title.padEnd(32)} ${s.outcome === 'not_built' ? 'not built' : `${s.outcome}, ${s.passed} of ${s.passed + s.failed} requests as expected`}`,
        );
      for (const [policy, { result, reasons }] of Object.entries(run.snapshot.matrix))
        console.log(
          `  ${policy} ${result}${result === 'PASS' || reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`,
        );
      console.log(
        `${phase}: ${run.passed} requests as expected, ${run.failed} not, ${run.notBuilt} systems not built. Signed: Phase${phase}_Snapshot.json`,
      );
      return run.failed > 0 ? 1 : 0;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      console.error(error.message);
      return 1;
    }
  },
};

export const verifyReportsVerb: Verb = {
  name: 'verify-reports',
  usage: 'verify-reports',
  summary: 'Check the signatures of the snapshots and the hash of every file they name',
  run: async () => {
    const { snapshots, findings } = await verifyReports(context());
    for (const s of snapshots)
      console.log(`${s.file}: signature holds (${s.keys.join(', ')}), ${s.files} files named`);
    for (const f of findings) console.error(`${f.file}: ${f.problem}`);
    if (snapshots.length + findings.length === 0) {
      console.error('There is no snapshot yet. See: npm run atom -- report PHASE');
      return 1;
    }
    return findings.length > 0 ? 1 : 0;
  },
};
