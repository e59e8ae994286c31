import { defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { countUndelivered } from './store/messages.ts';

const lookBackMs = 86_400_000;

export const undelivered = defineControl({
  id: 'P4.notifications',
  policy: 'P4',
  system: 'notifications',
  title: 'No open message of the last day was given up on every channel',
  run: async ctx => {
    const lost = await countUndelivered(ctx.db, new Date(ctx.clock.now().getTime() - lookBackMs));
    return lost === 0
      ? { result: 'PASS', reason: 'Every message reached a channel, or is still being tried' }
      : {
          result: 'FAIL',
          reason: `${lost} open ${lost === 1 ? 'message' : 'messages'} reached nobody outside the console; see the delivery log`,
        };
  },
});

declareControls([undelivered]);
