export { putStreamsBack } from './service/back.ts';
export { executeFailover } from './service/execute.ts';
export { planFailover, readReadiness } from './service/plan.ts';
export { readFailover, readHistory, readRun } from './service/read.ts';
export { routeRequest } from './service/route.ts';
export { runFailover } from './service/run.ts';
export { changeSettings, observe, practise } from './service/settings.ts';
export { askObservers, assignWrites, judgeLosses, keepLeases } from './service/watch.ts';
