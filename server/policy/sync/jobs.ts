import type { DeclaredLoop } from '#kernel/jobs/declare.ts';
import { checkFleet } from './service.ts';

export const syncLoops: readonly DeclaredLoop[] = [
  {
    name: 'policy_sync.check',
    title: 'Compares what relays hold with what the hub wants',
    idleMs: 60_000,
    // A relay that has not found its hub again yet is no discrepancy.
    settleMs: 30_000,
    run: async ({ ctx }) => {
      const { run } = await checkFleet(ctx);
      if (!run) return 0;
      const { relays, policies, discrepancies, opened, resolved, rolledBack } = run;
      const back = rolledBack === null ? '' : `; taken back: ${rolledBack}`;
      return {
        done: opened + resolved + (rolledBack === null ? 0 : 1),
        said: `${relays} relays, ${policies} policies, ${discrepancies} discrepancies${back}`,
      };
    },
  },
];
