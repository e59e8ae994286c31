import {
  type AuditRow,
  type AuditState,
  type CellResult,
  type FindingResult,
  type FindingRow,
  type MatrixRow,
  type OpenReports,
  type OpenReportsResult,
  policyNames,
} from '../schema.ts';

export type Counts = Pick<AuditRow, 'failed' | 'blocked' | 'warned'>;

/** How an audit stands at `now`. Once its time is over it says nothing any more, whatever it found. */
export function stateOf(audit: Counts | null, validUntil: number | null, now: number): AuditState {
  if (!audit || validUntil === null) return 'none';
  if (now > validUntil) return 'stale';
  if (audit.failed > 0) return 'fail';
  if (audit.blocked > 0) return 'blocked';
  return audit.warned > 0 ? 'warn' : 'pass';
}

const cellOf: Record<FindingResult, CellResult> = {
  pass: 'PASS',
  warn: 'PASS',
  fail: 'FAIL',
  error: 'BLOCKED',
  skip: 'N/A',
};
const order: readonly CellResult[] = ['N/A', 'PASS', 'BLOCKED', 'FAIL'];

type Judged = Pick<FindingRow, 'policy' | 'result' | 'message' | 'subject' | 'region' | 'subjectKind'>;

/** P1 to P7 of each subject: the worst of what was found, and why. A stale audit fills no cell. */
function rowOf(
  subject: string,
  region: string | null,
  findings: readonly Judged[],
  stale: boolean,
): MatrixRow {
  return {
    subject,
    region,
    cells: policyNames.map(policy => {
      const about = findings.filter(f => f.policy === policy);
      if (stale && about.length > 0)
        return { policy, result: 'STALE', reasons: ['The audit is older than its schedule allows'] };
      const worst = about.reduce<CellResult>((w, f) => {
        const c = cellOf[f.result];
        return order.indexOf(c) > order.indexOf(w) ? c : w;
      }, 'N/A');
      const why = about.filter(f => cellOf[f.result] === worst).map(f => f.message);
      return {
        policy,
        result: worst,
        reasons: why.length > 0 ? [...new Set(why)] : ['Nothing was looked at for it'],
      };
    }),
  };
}

export const relayMatrix = (findings: readonly Judged[], stale: boolean): MatrixRow[] =>
  [
    ...Map.groupBy(
      findings.filter(f => f.subjectKind === 'relay'),
      f => f.subject,
    ),
  ].map(([subject, about]) => rowOf(subject, about[0]?.region ?? null, about, stale));

export const regionMatrix = (findings: readonly Judged[], stale: boolean): MatrixRow[] =>
  [
    ...Map.groupBy(
      findings.filter(f => f.subjectKind === 'relay'),
      f => f.region ?? 'not stated',
    ),
  ]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([region, about]) => rowOf(region, region, about, stale));

/** What is shown of a finding: a pass of an audit whose time is over is none. */
export const shownResult = (result: FindingResult, stale: boolean): FindingResult =>
  stale && (result === 'pass' || result === 'warn') ? 'skip' : result;

export const source = 'atom-edge-auditor';

/** The facts that are hashed, in the shape in which they are handed out. */
export const reported = (
  f: Pick<
    FindingRow,
    | 'subjectKind'
    | 'subject'
    | 'region'
    | 'policy'
    | 'rule'
    | 'category'
    | 'severity'
    | 'result'
    | 'message'
    | 'properties'
  >,
  at: string,
): OpenReportsResult => ({
  source,
  policy: f.policy,
  rule: f.rule,
  category: f.category,
  severity: f.severity,
  timestamp: at,
  result: f.result,
  message: f.message,
  properties: { ...f.properties, [f.subjectKind]: f.subject, ...(f.region ? { region: f.region } : {}) },
});

export function openReportsOf(
  audit: AuditRow,
  findings: readonly FindingRow[],
  { state, validUntil }: { state: AuditState; validUntil: string },
): OpenReports {
  const stale = state === 'stale';
  const results = findings.map(f => {
    const result = reported(f, audit.at);
    const properties = { ...result.properties, digest: f.digest, ledger_entry: f.entryUid };
    return stale
      ? {
          ...result,
          result: shownResult(f.result, true),
          message: `Stale: ${f.message}`,
          properties: { ...properties, stale: 'true', found: f.result },
        }
      : { ...result, properties };
  });
  const count = (result: FindingResult) => results.filter(r => r.result === result).length;
  return {
    apiVersion: 'openreports.io/v1alpha1',
    kind: 'ClusterReport',
    metadata: {
      name: `edge-audit-${audit.id}`,
      annotations: {
        'atom/state': state,
        'atom/generated-at': audit.at,
        'atom/valid-until': validUntil,
        'atom/ledger-entry': audit.entryUid,
        'atom/root': audit.root,
        'atom/simulated': String(audit.simulated),
      },
    },
    source,
    summary: {
      pass: count('pass'),
      fail: count('fail'),
      warn: count('warn'),
      error: count('error'),
      skip: count('skip'),
    },
    results,
  };
}
