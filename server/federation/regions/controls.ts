import { defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { checkRegistration } from './rules.ts';
import { selectEnvelopes } from './store/life.ts';

/** The stored envelopes are checked again: a row that was changed behind the registry's back no longer fits its signature. */
export const signedRegions = defineControl({
  id: 'P2.region_registrations',
  policy: 'P2',
  system: 'regions',
  phases: ['G.1'],
  title: 'Every region is what its own key signed',
  run: async ctx => {
    const rows = await selectEnvelopes(ctx.db);
    if (rows.length === 0) return { result: 'N/A', reason: 'No region is registered' };
    const bad = rows.filter(row => {
      const checked = checkRegistration(row.envelope);
      return (
        !checked.ok ||
        checked.registration.name !== row.id ||
        checked.contentHash !== row.contentHash ||
        checked.registration.url !== row.url ||
        checked.registration.environment !== row.environment
      );
    });
    return bad.length === 0
      ? { result: 'PASS', reason: `${rows.length} registrations verify against their regions’ keys` }
      : { result: 'FAIL', reason: `These differ from what was signed: ${bad.map(row => row.id).join(', ')}` };
  },
});

declareControls([signedRegions]);
