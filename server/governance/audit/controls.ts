import { type Control, defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { findings } from '#kernel/ledger/findings.ts';

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

declareControls([ledgerControl]);
