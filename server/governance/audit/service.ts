import type { ReadContext } from '#kernel/trpc/context.ts';
import { sentenceOf } from './rules.ts';
import type { AuditEntry, ListEntriesInput } from './schema.ts';
import { selectEntries } from './store.ts';

export async function listEntries(
  ctx: ReadContext,
  input: ListEntriesInput,
): Promise<{ rows: AuditEntry[]; next: string | null }> {
  const found = await selectEntries(ctx.db, input);
  const rows = found.slice(0, input.limit).map(({ body, targetName, ...row }) => {
    const { detail } = JSON.parse(body.toString('utf8')) as { detail: Record<string, unknown> };
    return {
      ...row,
      detail,
      sentence: sentenceOf({ type: row.type, target: row.target, name: targetName, detail }),
    };
  });
  return { rows, next: found.length > input.limit ? (rows.at(-1)?.uid ?? null) : null };
}
