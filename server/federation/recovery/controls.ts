import { defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { readStatus } from './service.ts';

export const provenRestores = defineControl({
  id: 'P7.proven_restore',
  policy: 'P7',
  system: 'recovery',
  phases: ['G.1'],
  title: 'A snapshot was restored and proved within every tier’s objective',
  run: async ctx => {
    const { proven, objectives } = await readStatus(ctx);
    if (!proven) return { result: 'BLOCKED', reason: 'Unproven: no snapshot was ever restored' };
    const missed = objectives.filter(o => !(o.rpo.met && o.rto.met && o.proof.met));
    return missed.length === 0
      ? { result: 'PASS', reason: `Snapshot ${proven.snapshotId} was restored in ${proven.durationMs} ms` }
      : {
          result: 'FAIL',
          reason: missed
            .map(
              o =>
                `${o.tier}: ${[o.rpo, o.rto, o.proof]
                  .filter(v => !v.met)
                  .map(v => v.said)
                  .join(', ')}`,
            )
            .join('; '),
        };
  },
});

declareControls([provenRestores]);
