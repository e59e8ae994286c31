import { readContext } from '#kernel/trpc/builders.ts';
import type { RequestContext } from '#kernel/trpc/context.ts';
import { recordRead } from '#kernel/trpc/record-read.ts';
import { download, problemResponse, streamOf } from './ledger-export.ts';
import './policy/auditor/policy.ts';
import { readOpenReports } from './policy/auditor/service.ts';
import './policy/portal/policy.ts';
import { packEvidence } from './policy/portal/service/evidence.ts';

/** An archive that proves what a policy was, or what was active at an instant; who took it becomes an entry. */
export async function downloadEvidence(
  context: RequestContext,
  id: string,
  query: URLSearchParams,
): Promise<Response> {
  try {
    const ctx = await readContext(context, { permission: 'portal:read', readOnly: true }, 'portal.evidence');
    const region = query.get('region');
    const chunks = await packEvidence(ctx, context, { id, region: region === '' ? null : region });
    await recordRead(context, `evidence ${id}${region ? ` ${region}` : ''}`.slice(0, 160), 'audit.exported');
    const name = `evidence-${id.replace(/[^a-z0-9_.-]+/gi, '-').replace(/^-+/, '')}.zip`;
    return download(streamOf(chunks), 'application/zip', name);
  } catch (error) {
    return problemResponse(error);
  }
}

/** The results of an edge audit in the OpenReports shape, as a file. */
export async function downloadOpenReports(context: RequestContext, id: string): Promise<Response> {
  try {
    const ctx = await readContext(
      context,
      { permission: 'edgeaudit:read', readOnly: true },
      'edgeAudits.report',
      async () => ({ id }),
    );
    const report = await readOpenReports(ctx, id);
    await recordRead(context, `openreports ${id}`, 'audit.exported');
    return download(
      `${JSON.stringify(report, null, 2)}\n`,
      'application/json; charset=utf-8',
      `${report.metadata.name}.json`,
    );
  } catch (error) {
    return problemResponse(error);
  }
}
