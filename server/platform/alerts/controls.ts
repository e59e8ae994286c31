import { type Control, defineControl, type Outcome } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { registry } from '#kernel/metrics/metrics.ts';
import { redact } from '#kernel/redact/redact.ts';
import { ledgerLagSeconds, newestCheckpointAge, tablesWithoutIsolation } from './store.ts';

const pass = (reason: string): Outcome => ({ result: 'PASS', reason });
const fail = (reason: string): Outcome => ({ result: 'FAIL', reason });

const canaries = [
  'ada@example.net',
  'Bearer abcdefghijklmnop',
  'postgresql://u:hunter2@db/x',
  'atom_pat_0123456789abcdef0123',
];

/** Controls of the console itself; those of a system lie in its own folder. */
export function platformControls(redactor: (value: unknown) => unknown = redact): Control[] {
  return [
    defineControl({
      id: 'P1.redactor',
      policy: 'P1',
      system: 'kernel',
      title: 'Planted secrets and addresses do not pass the log redactor',
      run: async () => {
        const leaked = canaries.filter(canary => String(redactor(`said ${canary} aloud`)).includes(canary));
        return leaked.length === 0
          ? pass(`${canaries.length} planted values were taken out`)
          : fail(`${leaked.length} of ${canaries.length} planted values passed`);
      },
    }),
    defineControl({
      id: 'P2.checkpoint',
      policy: 'P2',
      system: 'kernel',
      title: 'The ledger’s newest checkpoint is signed and covers the tree',
      run: async ctx => {
        const behind = await newestCheckpointAge(ctx.db);
        if (behind === null) return { result: 'BLOCKED', reason: 'No checkpoint has been signed yet' };
        return behind <= 1000
          ? pass(`The newest signed checkpoint is ${behind} entries behind the tree`)
          : fail(`The newest signed checkpoint is ${behind} entries behind the tree`);
      },
    }),
    defineControl({
      id: 'P4.metrics',
      policy: 'P4',
      system: 'kernel',
      title: 'The process exposes its metrics',
      run: async () => {
        const text = await registry.metrics();
        return text.includes('ledger_entries_sequenced_total')
          ? pass('Metrics of ledger, outbox and jobs are exposed')
          : fail('The ledger’s metrics are missing');
      },
    }),
    defineControl({
      id: 'P5.isolation',
      policy: 'P5',
      system: 'kernel',
      title: 'Every table with tenants’ rows forces row level security',
      run: async ctx => {
        const open = await tablesWithoutIsolation(ctx.db);
        return open.length === 0
          ? pass('Every table forces row level security or is declared global')
          : fail(`Not isolated: ${open.join(', ')}`);
      },
    }),
    defineControl({
      id: 'P7.ledger',
      policy: 'P7',
      system: 'kernel',
      title: 'The sequencer keeps up with the ledger',
      run: async ctx => {
        const lag = Math.max(0, await ledgerLagSeconds(ctx.db));
        return lag <= 10
          ? pass(`The oldest entry without a position is ${lag.toFixed(1)} s old`)
          : fail(`An entry has waited ${Math.round(lag)} s for its position`);
      },
    }),
  ];
}

declareControls(platformControls());
