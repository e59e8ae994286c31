import type { CommandContext } from '#kernel/trpc/context.ts';
import { listEntriesInput } from '#server/governance/audit/schema.ts';
import { addNote, explainEntry, listEntries } from '#server/governance/audit/service.ts';

/** One entry that can be found by name: a remark about the simulated tenant "test", written as every remark is. */
export async function seedLedger(ctx: CommandContext): Promise<void> {
  if (await explainEntry(ctx, 'test-id').catch(() => null)) return;
  const { rows } = await listEntries(
    ctx,
    listEntriesInput.parse({ target: 'tenant:test', type: ['tenant.created'], limit: 1 }),
  );
  await addNote(ctx, {
    text: 'A sample of the demo world, to try how an entry is explained and proved',
    reference: 'test-id',
    tenantId: 'test',
    ...(rows[0] ? { entry: rows[0].uid } : {}),
  });
}
