import { invalid } from '#kernel/errors/domain-error.ts';
import { problemOf } from '#kernel/errors/problem.ts';
import { csvHeader, csvRow } from '#kernel/http/csv.ts';
import type { RequestContext } from '#kernel/trpc/context.ts';
import { asDomainError } from '#kernel/trpc/init.ts';
import { createCaller } from './root.ts';

type Page = { rows: Record<string, unknown>[]; nextOffset: number | null };
type Reader = (caller: ReturnType<typeof createCaller>, input: Record<string, unknown>) => Promise<Page>;

/** Lists that can be taken away whole. Each page goes through the list's own procedure: same permission, same scope. */
const lists: Record<string, Reader> = {
  proposals: (caller, input) => caller.proposals.list(input) as Promise<Page>,
  regions: (caller, input) => caller.regions.list(input) as Promise<Page>,
  tenants: (caller, input) => caller.tenants.list(input) as Promise<Page>,
};

const pageSize = 500;

export async function exportList(
  context: RequestContext,
  list: string,
  query: URLSearchParams,
): Promise<Response> {
  try {
    const reader = Object.hasOwn(lists, list) ? lists[list] : undefined;
    if (!reader) throw invalid('export.unknown', `There is no list "${list.slice(0, 60)}" to export.`);
    const format = query.get('format') ?? 'csv';
    if (format !== 'csv' && format !== 'json')
      throw invalid('export.format', 'format: csv or json.', [{ field: 'format', message: 'csv or json.' }]);
    const input = filterOf(query.get('input'));
    const caller = createCaller(context);
    const read = (offset: number) => reader(caller, { ...input, offset, limit: pageSize, total: false });
    const first = await read(0); // refusals come before the first byte
    return new Response(stream(first, read, format), {
      headers: {
        'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8',
        'content-disposition': `attachment; filename="${list}.${format}"`,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      },
    });
  } catch (error) {
    const problem = problemOf(asDomainError(error) ?? error);
    return Response.json(problem, {
      status: problem.status,
      headers: { 'content-type': 'application/problem+json' },
    });
  }
}

function filterOf(text: string | null): Record<string, unknown> {
  if (text === null) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch {
    // said below
  }
  throw invalid('export.filter', 'input: not a JSON object.', [
    { field: 'input', message: 'Not a JSON object.' },
  ]);
}

/** Page after page, as the reader takes them: the whole list is never held. */
function stream(
  first: Page,
  read: (offset: number) => Promise<Page>,
  format: 'csv' | 'json',
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let page: Page | null = first;
  let started = false;
  const columns = Object.keys(first.rows[0] ?? {});
  return new ReadableStream({
    pull: async controller => {
      if (page === null) {
        if (format === 'json') controller.enqueue(encoder.encode(']\n'));
        controller.close();
        return;
      }
      const opening = started ? '' : format === 'csv' ? csvHeader(columns) : '[';
      const rows = page.rows.map((row, i) =>
        format === 'csv'
          ? csvRow(columns.map(c => row[c]))
          : `${started || i > 0 ? ',' : ''}${JSON.stringify(row)}\n`,
      );
      started = started || page.rows.length > 0;
      controller.enqueue(encoder.encode(opening + rows.join('')));
      page = page.nextOffset === null ? null : await read(page.nextOffset);
    },
  });
}
