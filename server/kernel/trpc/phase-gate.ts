import type { RequestContext } from './context.ts';

export type PhaseGate = (ctx: RequestContext, procedure: string) => Promise<void>;

let gate: PhaseGate = async () => {};

/** The kernel knows no phases: who does says here which commands may not run now. */
export const bindPhaseGate = (bound: PhaseGate): void => {
  gate = bound;
};

/** Throws where the command's phase is blocked. */
export const passPhaseGate: PhaseGate = (ctx, procedure) => gate(ctx, procedure);
