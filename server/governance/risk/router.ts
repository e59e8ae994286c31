import { z } from 'zod';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import { calibrationView } from './schema/calibration.ts';
import {
  dryRunInput,
  dryRunResult,
  ruleList,
  ruleRef,
  ruleRow,
  ruleVersions,
  saveRuleInput,
} from './schema/rules.ts';
import {
  acknowledgeInput,
  historyInput,
  incidentDetail,
  incidentList,
  incidentRef,
  listIncidentsInput,
  noteInput,
  resolveInput,
  riskHistory,
  riskInput,
  riskOverview,
  riskRef,
  riskVector,
  serviceScores,
  servicesInput,
} from './schema.ts';
import { readCalibration } from './service/calibrate.ts';
import { latestRisk, readRisk } from './service/current.ts';
import { dryRunRule } from './service/dry-run.ts';
import {
  acknowledgeIncident,
  listIncidents,
  noteIncident,
  readIncident,
  resolveIncident,
} from './service/incidents.ts';
import { readHistory, readOverview, readServices } from './service/overview.ts';
import { listRules, readRuleVersions, saveRule } from './service/rules.ts';

export const risksRouter = router({
  latest: read({ permission: 'risk:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/risk/{tenant_id}',
        summary: 'The risk of a tenant, or of one of its services, as it is now',
      },
    })
    .input(riskInput)
    .output(riskVector)
    .query(({ ctx, input }) => latestRisk(ctx, input.tenant_id, input.service)),
  get: read({ permission: 'risk:read' })
    .meta({
      openapi: { method: 'GET', path: '/risk/{tenantId}/scores/{id}', summary: 'One score as it was kept' },
    })
    .input(riskRef)
    .output(riskVector)
    .query(({ ctx, input }) => readRisk(ctx, input.tenantId, input.id)),
  history: read({ permission: 'risk:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/risk/{tenantId}/history',
        summary: 'How the risk of a tenant came about',
      },
    })
    .input(historyInput)
    .output(riskHistory)
    .query(({ ctx, input }) => readHistory(ctx, input)),
  services: read({ permission: 'risk:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/risk/{tenantId}/services',
        summary: 'The newest score of each service',
      },
    })
    .input(servicesInput)
    .output(serviceScores)
    .query(({ ctx, input }) => readServices(ctx, input.tenantId)),
  overview: read({ permission: 'risk:read' })
    .output(riskOverview)
    .query(({ ctx }) => readOverview(ctx)),
  rules: read({ permission: 'risk:read' })
    .output(ruleList)
    .query(({ ctx }) => listRules(ctx)),
  dryRun: read({ permission: 'risk:write' })
    .input(dryRunInput)
    .output(dryRunResult)
    .query(({ ctx, input }) => dryRunRule(ctx, input)),
  calibration: read({ permission: 'risk:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/risk-calibration',
        summary: 'How well the probabilities hold: reliability diagram and Brier score',
      },
    })
    .input(z.strictObject({}))
    .output(calibrationView)
    .query(({ ctx }) => readCalibration(ctx)),
  ruleVersions: read({ permission: 'risk:write' })
    .input(ruleRef)
    .output(ruleVersions)
    .query(({ ctx, input }) => readRuleVersions(ctx, input.id)),
  saveRule: command({ permission: 'risk:write', audit: ['rule.created', 'rule.changed'] })
    .input(saveRuleInput)
    .output(ruleRow)
    .mutation(({ ctx, input }) => saveRule(ctx, input)),
  incidents: read({ permission: 'risk:read' })
    .meta({ openapi: { method: 'GET', path: '/incidents', summary: 'List incidents' } })
    .input(listIncidentsInput)
    .output(incidentList)
    .query(({ ctx, input }) => listIncidents(ctx, input)),
  incident: read({ permission: 'risk:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/incidents/{tenantId}/{id}',
        summary: 'One incident with its alerts and timeline',
      },
    })
    .input(incidentRef)
    .output(incidentDetail)
    .query(({ ctx, input }) => readIncident(ctx, input)),
  acknowledge: command({ permission: 'incident:write', audit: 'incident.acknowledged' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/incidents/{tenantId}/{id}/acknowledge',
        summary: 'Take an incident on',
        success: 200,
      },
    })
    .input(acknowledgeInput)
    .output(incidentDetail)
    .mutation(({ ctx, input }) => acknowledgeIncident(ctx, input)),
  resolve: command({ permission: 'incident:write', audit: 'incident.resolved' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/incidents/{tenantId}/{id}/resolve',
        summary: 'Say what an incident was, and that it is over',
        success: 200,
      },
    })
    .input(resolveInput)
    .output(incidentDetail)
    .mutation(({ ctx, input }) => resolveIncident(ctx, input)),
  note: command({ permission: 'incident:write', audit: 'incident.noted' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/incidents/{tenantId}/{id}/notes',
        summary: 'Write a note to an incident',
        success: 200,
      },
    })
    .input(noteInput)
    .output(incidentDetail)
    .mutation(({ ctx, input }) => noteIncident(ctx, input)),
});
