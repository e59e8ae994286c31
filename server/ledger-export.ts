import { invalid } from '#kernel/errors/domain-error.ts';
import { problemOf } from '#kernel/errors/problem.ts';
import { readContext } from '#kernel/trpc/builders.ts';
import type { RequestContext } from '#kernel/trpc/context.ts';
import { asDomainError } from '#kernel/trpc/init.ts';
import { recordRead } from '#kernel/trpc/record-read.ts';
import './governance/audit/policy.ts';
import { type EntryFilter, type ExportFormat, entryFilter } from './governance/audit/schema.ts';
import { exportEntries, filterWords } from './governance/audit/service/export.ts';

const contentTypes: Record<ExportFormat, string> = {
  jsonl: 'application/jsonl; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  zip: 'application/zip',
};

/** Streams what matches; who took what away becomes an entry of its own. */
export async function exportLedger(
  context: RequestContext,
  format: string,
  query: URLSearchParams,
): Promise<Response> {
  try {
    if (!(Object.hasOwn(contentTypes, format) && format in contentTypes))
      throw invalid('export.format', 'format: jsonl, csv or zip.', [
        { field: 'format', message: 'jsonl, csv or zip.' },
      ]);
    const ctx = await readContext(context, { permission: 'audit:export' }, 'audits.export');
    const filter = filterOf(query.get('input'));
    const chunks = await exportEntries(ctx, filter, format as ExportFormat); // refusals come before the first byte
    await recordRead(context, `ledger.${format} ${filterWords(filter)}`.trim(), 'audit.exported');
    const day = ctx.clock.now().toISOString().slice(0, 10);
    const name = format === 'zip' ? `ledger-evidence-${day}.zip` : `ledger-${day}.${format}`;
    return download(streamOf(chunks), contentTypes[format as ExportFormat], name);
  } catch (error) {
    return problemResponse(error);
  }
}

export const download = (body: BodyInit, type: string, name: string): Response =>
  new Response(body, {
    headers: {
      'content-type': type,
      'content-disposition': `attachment; filename="${name}"`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  });

export function problemResponse(error: unknown): Response {
  const problem = problemOf(asDomainError(error) ?? error);
  return Response.json(problem, {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json' },
  });
}

function filterOf(text: string | null): EntryFilter {
  let input: unknown = {};
  try {
    input = text === null ? {} : JSON.parse(text);
  } catch {
    throw invalid('export.filter', 'input: not a JSON object.', [
      { field: 'input', message: 'Not a JSON object.' },
    ]);
  }
  return entryFilter.parse(input);
}

export function streamOf(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream({
    pull: async controller => {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => {
      await iterator.return?.();
    },
  });
}
