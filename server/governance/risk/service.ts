export { latestRisk, readRisk } from './service/current.ts';
export { openIncidents } from './service/incidents.ts';
export { seedRules, seedScores } from './service/seed.ts';
