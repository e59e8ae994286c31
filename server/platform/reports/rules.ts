import type { Phase } from '#kernel/env/define.ts';
import type { Exchange, ServiceResult, Snapshot, SnapshotFacts } from './schema.ts';

export interface SystemFacts {
  service: ServiceResult;
  exchanges: readonly Exchange[];
  simulated: boolean;
  gaps: readonly string[];
  commit: string | null;
  matrix: Snapshot['matrix'];
  /** Ids of this system's newest ledger entries. */
  entries: readonly string[];
}

export const outcomeOf = (built: boolean, exchanges: readonly Exchange[]): ServiceResult['outcome'] =>
  !built ? 'not_built' : exchanges.length > 0 && exchanges.every(e => e.passed) ? 'verified' : 'failed';

export const reportName = (id: string, short: string): string => `${id}_${short}.md`;
export const snapshotName = (phase: Phase): string => `Phase${phase}_Snapshot.json`;
export const summaryName = (phase: Phase): string => `Phase${phase}_final_summary.md`;

const words: Record<ServiceResult['outcome'], string> = {
  verified: 'every request was answered as expected',
  failed: 'some requests were not answered as expected',
  not_built: 'not built in this version of the console; nothing was asked',
};

/** A fence longer than any in the text, so that an answer cannot leave its block. */
function fenced(text: string, language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(m => m[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

const said = (e: Exchange) => (e.status === null ? (e.error ?? 'no answer') : String(e.status));
const line = (e: Exchange) =>
  `${e.passed ? 'pass' : 'FAIL'} ${e.method} ${e.url} -> ${said(e)} (expected ${e.expected.join(' or ')}) ${e.millis} ms`;

export const logOf = (at: string, exchanges: readonly Exchange[]): string =>
  exchanges.length === 0
    ? `${at} nothing was asked\n`
    : `${exchanges.map(e => `${at} ${line(e)}`).join('\n')}\n`;

export function systemReport({
  service,
  exchanges,
  simulated,
  gaps,
  commit,
  matrix,
  entries,
}: SystemFacts): string {
  const total = service.passed + service.failed;
  const blockers = [
    ...(service.outcome === 'not_built' ? ['The system has to be built.'] : []),
    ...exchanges
      .filter(e => !e.passed)
      .map(e => `${e.method} ${e.url}: ${said(e)} instead of ${e.expected.join(' or ')}.`),
    ...Object.entries(matrix).flatMap(([policy, { result, reasons }]) =>
      result === 'FAIL' || result === 'BLOCKED'
        ? reasons.map(reason => `${policy} ${result}: ${reason}`)
        : [],
    ),
  ];
  return [
    `# ${service.id} ${service.title}`,
    `- Commit: ${commit ?? 'unknown (not a git checkout)'}\n- Outcome: ${words[service.outcome]}\n- Simulation: ${simulated ? 'on' : 'off'}\n- Missing infrastructure: ${gaps.join(', ') || 'none'}\n- Verification requests: ${total === 0 ? 'none sent' : `${service.passed} of ${total} as expected`}\n- Port: ${service.port}`,
    '## Policies P1 to P7',
    table(matrix),
    '## Verification outputs',
    exchanges.length === 0
      ? 'Nothing was asked.'
      : exchanges
          .map(e =>
            [
              `### ${e.method} ${e.url}`,
              `Answered ${said(e)}, expected ${e.expected.join(' or ')}, in ${e.millis} ms.`,
              ...(e.sent === null ? [] : [fenced(e.sent, 'json')]),
              ...(e.answer === '' ? [] : [fenced(e.answer)]),
            ].join('\n\n'),
          )
          .join('\n\n'),
    '## Ledger',
    entries.length === 0 ? 'No entry of this system yet.' : entries.map(id => `- ${id}`).join('\n'),
    '## Blockers',
    blockers.length === 0 ? 'None.' : blockers.map(b => `- ${b}`).join('\n'),
    '',
  ].join('\n\n');
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (matrix: Snapshot['matrix']): string =>
  [
    '| Policy | Result | Why |\n|---|---|---|',
    ...Object.entries(matrix).map(
      ([p, { result, reasons }]) =>
        `| ${p} | ${result} | ${cell(reasons.join('; ')) || 'no control speaks for it'} |`,
    ),
  ].join('\n');

export function summary(s: SnapshotFacts): string {
  const count = (outcome: ServiceResult['outcome']) => s.services.filter(x => x.outcome === outcome).length;
  return [
    `# Phase ${s.phase}: summary`,
    `- Generated: ${s.generated_at}\n- Version: ${s.version}, commit ${s.commit ?? 'unknown'}\n- Simulation mode: ${s.simulation_mode}\n- Precheck: ${s.precheck.decision}${s.precheck.gaps.length > 0 ? ` (missing: ${s.precheck.gaps.join(', ')})` : ''}\n- Systems: ${count('verified')} verified, ${count('failed')} failed, ${count('not_built')} not built\n- Recommended tag: ${count('verified') === s.services.length ? s.recommended_tag : `none yet; ${s.recommended_tag} once every system is verified`}`,
    '| System | Outcome | Requests |\n|---|---|---|',
    s.services
      .map(
        x =>
          `| ${x.id} ${x.title} | ${x.outcome.replace('_', ' ')} | ${x.passed} of ${x.passed + x.failed} |`,
      )
      .join('\n'),
    '## Policies P1 to P7',
    table(s.matrix),
    '## Ledger checkpoint',
    s.ledger_checkpoint ? fenced(s.ledger_checkpoint.trimEnd()) : 'No checkpoint has been signed yet.',
    '',
  ]
    .join('\n\n')
    .replace('|---|---|---|\n\n|', '|---|---|---|\n|');
}
