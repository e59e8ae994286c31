import { type Control, defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { findings } from '#kernel/ledger/findings.ts';
import { cosignersOf, witnessedState } from '#kernel/ledger/witnessed.ts';

/** A finding of the ledger raises the alert through this control; the finding itself was stored when it was made. */
export const ledgerControl: Control = defineControl({
  id: 'P2.ledger',
  policy: 'P2',
  system: 'audits',
  title: 'Nothing contradicts what the ledger signed',
  run: async ctx => {
    const open = (await findings(ctx.database.pool('atom_owner'))).filter(f => f.resolvedAt === null);
    return open.length === 0
      ? { result: 'PASS', reason: 'No finding is open' }
      : { result: 'FAIL', reason: open.map(f => f.message).join(' '), evidence: open.map(f => f.id) };
  },
});

/** Only where the rules of the federation ask for witnesses. */
export const witnessControl: Control = defineControl({
  id: 'P2.ledger_witnesses',
  policy: 'P2',
  system: 'audits',
  title: 'As many witnesses cosign the ledger as are required',
  run: async ctx => {
    const db = ctx.database.pool('atom_owner');
    const { rule, head, behindSeconds, met } = await witnessedState(db, ctx.clock.now());
    if (rule.required === 0)
      return { result: 'N/A', reason: 'The rules of the federation ask for no witness' };
    const by = head ? await cosignersOf(db, head.note) : [];
    const seen = `${by.length} of ${rule.required} required witnesses cosigned ${head?.size ?? 0} entries`;
    return met && by.length >= rule.required
      ? { result: 'PASS', reason: seen }
      : {
          result: 'FAIL',
          reason: `${seen}; what came after waits for ${Math.round(behindSeconds)} s, ${rule.withinMinutes} minutes are allowed`,
        };
  },
});

declareControls([ledgerControl, witnessControl]);
