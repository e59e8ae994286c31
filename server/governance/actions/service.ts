/** What other systems may count on. */
export { hasEnded } from './rules/machine.ts';
export { assessPlan } from './service/assess.ts';
export { listTargets, pastOutcomes, readExecution, succeededSince } from './service/read.ts';
export { noteRealised } from './service/realised.ts';
export { requestExecution } from './service/request.ts';
