import type { FieldIssue } from '#kernel/errors/domain-error.ts';
import { conflict, DomainError, invalid, notFound } from '#kernel/errors/domain-error.ts';
import type { TenantDetail } from './schema.ts';

export const noSuchTenant = (id: string) => notFound('tenant', id);

export const slugTaken = (id: string) =>
  new DomainError(
    'conflict',
    'tenant.slug_taken',
    `The slug "${id}" is taken. Slugs are never reused; choose another.`,
    {
      issues: [{ field: 'id', message: 'This slug is taken.' }],
    },
  );

export const staleVersion = (current: TenantDetail) =>
  conflict(
    'tenant.stale',
    'Somebody changed this tenant meanwhile. Look at the current values and apply your change again.',
    {
      current: { ...current },
    },
  );

export const badResidency = (issues: FieldIssue[]) =>
  invalid('tenant.residency', issues[0]?.message ?? 'The residency does not hold together.', issues);

export const deniedByPolicy = (issues: FieldIssue[]) =>
  invalid('tenant.policy', issues[0]?.message ?? 'An active policy denies it.', issues);

export const alreadyIn = (id: string, state: string) =>
  conflict('tenant.state', `The tenant "${id}" is already ${state}.`);

export const simulationOnly = () =>
  new DomainError(
    'denied',
    'tenant.simulation_only',
    'Without signing in only simulated, non-production tenants can be made or changed.',
  );

export const needsApproval = (id: string) =>
  new DomainError(
    'denied',
    'tenant.needs_approval',
    `"${id}" is a production tenant: others have to agree. Suspend it on its own page to ask them.`,
  );
