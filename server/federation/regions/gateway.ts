import type { CommandContext } from '#kernel/trpc/context.ts';

/** Where heartbeats come from that nobody sends to a port: the regions of the simulated world. */
export interface HeartbeatSource {
  readonly simulated: boolean;
  /** Signed envelopes of those that live and are due. */
  due(ctx: CommandContext): Promise<unknown[]>;
}
