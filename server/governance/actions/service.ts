/** What other systems may count on. */
export { hasEnded } from './rules/machine.ts';
export { assessPlan } from './service/assess.ts';
export { dryRunsOf, listTargets, pastOutcomes, readExecution } from './service/read.ts';
export { requestExecution } from './service/request.ts';
