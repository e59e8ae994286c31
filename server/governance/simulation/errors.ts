import { conflict, invalid, notFound } from '#kernel/errors/domain-error.ts';

export const badStep = (step: number, message: string) =>
  invalid('simulation.step', message, [{ field: `plan.steps.${step}.target`, message }]);

export const badTarget = (message: string) =>
  invalid('simulation.target', message, [{ field: 'target', message }]);

export const noSuchFault = (id: string) => notFound('fault', id);
export const noSuchRun = (id: string) => notFound('simulation', id);

export const alreadyHealed = (id: string) =>
  conflict('simulation.healed', `The fault "${id}" has ended already.`);

export const alreadyRunning = (what: string) =>
  conflict('simulation.running', `${what} Wait until it has ended, or heal it first.`);

export const notRunning = (id: string) => conflict('simulation.ended', `"${id}" has ended already.`);
