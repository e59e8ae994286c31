import { env } from '#kernel/env/env.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import { nextRun } from '#kernel/jobs/schedule.ts';
import { batchDigest } from '#kernel/ledger/batch.ts';
import { leafHash } from '#kernel/ledger/tree.ts';
import { counter } from '#kernel/metrics/metrics.ts';
import { writeReport } from '#kernel/reports/reports.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { noSuchAudit, noSuchFinding } from './errors.ts';
import { auditEvent } from './events.ts';
import { auditAll } from './rules/audit.ts';
import { openReportsOf, regionMatrix, relayMatrix, reported, shownResult, stateOf } from './rules/reading.ts';
import type { AuditDetail, AuditList, AuditRow, AuditState, FindingRow, OpenReports } from './schema.ts';
import { gatherFacts } from './service/facts.ts';
import { findAudit, findFinding, saveAudit, selectAudits, selectFindings } from './store.ts';

export const auditSchedule = '*/10 * * * *';
/** An audit says something until the next one is due and had its time to run. */
const graceMs = 2 * 60_000;
const failures = counter('audit_failures_total', 'Findings of edge audits that failed');

export const validUntil = (at: string): number =>
  (nextRun(auditSchedule, new Date(at))?.getTime() ?? Date.parse(at)) + graceMs;

/** One audit: looked at, hashed, committed to the ledger, and only then written where it can be read. */
export async function runAudit(ctx: CommandContext, trigger: 'schedule' | 'manual'): Promise<AuditDetail> {
  const started = performance.now();
  const now = ctx.clock.now();
  const at = now.toISOString();
  const facts = await gatherFacts(ctx, now);
  const found = auditAll(facts);
  const results = found.map(f => reported(f, at));
  const { root } = batchDigest(results);
  const count = (result: FindingRow['result']) => found.filter(f => f.result === result).length;
  const said = {
    relays: facts.relays.length,
    policies: facts.policies.length,
    findings: found.length,
    failed: count('fail'),
    blocked: count('error'),
    warned: count('warn'),
  };
  const id = uuidv7(now.getTime());
  await ctx.commit(auditEvent('edgeaudit.committed', id, { ...said, root, trigger }), async () => {});
  const entryUid = ctx.entry()?.uid;
  if (!entryUid) throw new Error('A commit leaves its entry.');
  const audit: AuditRow = {
    id,
    at,
    trigger,
    by: `${ctx.principal.kind}:${ctx.principal.id}`,
    ...said,
    simulated: env().simulation,
    tookMs: Math.round(performance.now() - started),
    root,
    entryUid,
  };
  await ctx.commit(auditEvent('edgeaudit.shown', id, { root }, entryUid), tx =>
    saveAudit(
      tx,
      audit,
      found.map((f, i) => ({ ...f, digest: leafHash(canonicalBytes(results[i])).toString('hex') })),
    ),
  );
  failures.inc(said.failed);
  const detail = await detailed({ ...ctx, db: ctx.ownWrites() }, audit);
  writeReport('edge_audit_summary.json', `${JSON.stringify(summaryOf(detail), null, 2)}\n`);
  return detail;
}

const summaryOf = ({ results, ...audit }: AuditDetail) => ({
  generated_at: audit.at,
  valid_until: audit.validUntil,
  simulation_mode: audit.simulated,
  ledger_entry: audit.entryUid,
  ...audit,
  not_passed: results.filter(f => f.result !== 'pass' && f.result !== 'skip'),
});

const standing = (ctx: ReadContext, audit: AuditRow | null): AuditState =>
  stateOf(audit, audit && validUntil(audit.at), ctx.clock.now().getTime());

async function detailed(ctx: ReadContext, audit: AuditRow): Promise<AuditDetail> {
  const findings = await selectFindings(ctx.db, audit.id);
  const state = standing(ctx, audit);
  const stale = state === 'stale';
  return {
    ...audit,
    state,
    validUntil: new Date(validUntil(audit.at)).toISOString(),
    intact: batchDigest(findings.map(f => reported(f, audit.at))).root === audit.root,
    relayMatrix: relayMatrix(findings, stale),
    regionMatrix: regionMatrix(findings, stale),
    results: findings.map(f => ({ ...f, result: shownResult(f.result, stale) })),
  };
}

export async function readAudit(ctx: ReadContext, id: string): Promise<AuditDetail> {
  const audit = await findAudit(ctx.db, id);
  if (!audit) throw noSuchAudit(id);
  return detailed(ctx, audit);
}

/** Null where none has run yet. */
export async function latestAudit(ctx: ReadContext): Promise<AuditDetail | null> {
  const audit = await findAudit(ctx.db, 'latest');
  return audit && detailed(ctx, audit);
}

export async function listAudits(ctx: ReadContext, limit = 50): Promise<AuditList> {
  const rows = await selectAudits(ctx.db, limit);
  return {
    state: standing(ctx, rows[0] ?? null),
    rows: rows.map(row => ({ ...row, state: standing(ctx, row) })),
  };
}

export async function readFinding(ctx: ReadContext, id: string) {
  const finding = await findFinding(ctx.db, id);
  const audit = finding && (await findAudit(ctx.db, finding.auditId));
  if (!audit) throw noSuchFinding(id);
  const state = standing(ctx, audit);
  return { ...finding, result: shownResult(finding.result, state === 'stale'), audit, state };
}

export async function readOpenReports(ctx: ReadContext, id: string): Promise<OpenReports> {
  const audit = await findAudit(ctx.db, id);
  if (!audit) throw noSuchAudit(id);
  return openReportsOf(audit, await selectFindings(ctx.db, audit.id), {
    state: standing(ctx, audit),
    validUntil: new Date(validUntil(audit.at)).toISOString(),
  });
}

export async function readStatus(ctx: ReadContext) {
  const latest = await findAudit(ctx.db, 'latest');
  const state = standing(ctx, latest);
  return {
    status: state === 'pass' || state === 'warn' ? ('ok' as const) : ('degraded' as const),
    system: 'edgeAudits' as const,
    simulated: env().simulation,
    state,
    schedule: auditSchedule,
    validUntil: latest && new Date(validUntil(latest.at)).toISOString(),
    latest,
  };
}

/** The facts of the latest audit exactly as they were hashed, for whoever proves them against the ledger. */
export async function latestFacts(ctx: ReadContext) {
  const audit = await findAudit(ctx.db, 'latest');
  if (!audit) return null;
  const findings = await selectFindings(ctx.db, audit.id);
  return { id: audit.id, facts: findings.map(f => reported(f, audit.at)) };
}
