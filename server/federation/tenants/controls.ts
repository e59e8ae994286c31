import { defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { foreignRows } from '#kernel/controls/tenant-probe.ts';

export const tenantSession = defineControl({
  id: 'P5.tenant_session',
  policy: 'P5',
  system: 'tenants',
  title: 'A session of a random tenant sees no row of another',
  run: async ctx => {
    const probe = await foreignRows(ctx.database);
    if (!probe)
      return {
        result: 'N/A',
        reason: 'There are fewer than two tenants, so there is nothing foreign to see',
      };
    return probe.seen.length === 0
      ? { result: 'PASS', reason: `${probe.tables} tables showed the tenant's own rows only` }
      : { result: 'FAIL', reason: `Foreign rows were seen in: ${probe.seen.join(', ')}` };
  },
});

declareControls([tenantSession]);
