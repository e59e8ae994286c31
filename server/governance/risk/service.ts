export { latestRisk, readRisk } from './service/current.ts';
export { openIncidents } from './service/incidents.ts';
export { hasScore, seedRules, seedScore } from './service/seed.ts';
