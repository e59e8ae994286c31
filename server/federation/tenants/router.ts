import { z } from 'zod';
import { approvalRequired } from '#kernel/approvals/schema.ts';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import './service/region-facts.ts';
import {
  changedStates,
  changeStatesInput,
  createTenantInput,
  listTenantsInput,
  listTenantsOutput,
  matchingTenants,
  matchingTenantsInput,
  stateChangeInput,
  tenantDetail,
  tenantFacets,
  tenantRef,
  tenantScope,
  tenantUpdated,
  updateTenantInput,
} from './schema.ts';
import {
  changeStates,
  createTenant,
  listMatchingTenants,
  listTenants,
  readTenant,
  readTenantFacets,
  reinstateTenant,
  suspendTenant,
  updateTenantDetails,
} from './service.ts';

export const tenantsRouter = router({
  list: read({ permission: 'tenant:read' })
    .meta({ openapi: { method: 'GET', path: '/tenants', summary: 'List tenants' } })
    .input(listTenantsInput)
    .output(listTenantsOutput)
    .query(({ ctx, input }) => listTenants(ctx, input)),
  facets: read({ permission: 'tenant:read' })
    .input(tenantScope)
    .output(tenantFacets)
    .query(({ ctx, input }) => readTenantFacets(ctx, input)),
  matching: read({ permission: 'tenant:read' })
    .input(matchingTenantsInput)
    .output(matchingTenants)
    .query(({ ctx, input }) => listMatchingTenants(ctx, input)),
  get: read({ permission: 'tenant:read' })
    .meta({ openapi: { method: 'GET', path: '/tenants/{id}', summary: 'Read one tenant' } })
    .input(tenantRef)
    .output(tenantDetail)
    .query(({ ctx, input }) => readTenant(ctx, input.id)),
  create: command({ permission: 'tenant:write', audit: 'tenant.created' })
    .meta({ openapi: { method: 'POST', path: '/tenants', summary: 'Create a tenant' } })
    .input(createTenantInput)
    .output(tenantDetail)
    .mutation(({ ctx, input }) => createTenant(ctx, input)),
  update: command({ permission: 'tenant:write', audit: 'tenant.updated' })
    .meta({ openapi: { method: 'PATCH', path: '/tenants/{id}', summary: 'Change a tenant', success: 200 } })
    .input(updateTenantInput)
    .output(tenantUpdated)
    .mutation(({ ctx, input }) => updateTenantDetails(ctx, input)),
  suspend: command({
    permission: 'tenant:write',
    audit: ['tenant.suspended', 'approval.requested'],
    risk: 'tenant.suspend',
  })
    .meta({
      openapi: { method: 'POST', path: '/tenants/{id}/suspend', summary: 'Suspend a tenant', success: 200 },
    })
    .input(stateChangeInput)
    .output(z.union([tenantDetail, approvalRequired]))
    .mutation(({ ctx, input }) => suspendTenant(ctx, input)),
  changeStates: command({ permission: 'tenant:write', audit: ['tenant.suspended', 'tenant.reinstated'] })
    .meta({
      openapi: {
        method: 'POST',
        path: '/tenants/change-states',
        summary: 'Suspend or reinstate several tenants, each with an entry of its own',
        success: 200,
      },
    })
    .input(changeStatesInput)
    .output(changedStates)
    .mutation(({ ctx, input }) => changeStates(ctx, input)),
  reinstate: command({ permission: 'tenant:write', audit: 'tenant.reinstated' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/tenants/{id}/reinstate',
        summary: 'Reinstate a suspended tenant',
        success: 200,
      },
    })
    .input(stateChangeInput)
    .output(tenantDetail)
    .mutation(({ ctx, input }) => reinstateTenant(ctx, input)),
});
