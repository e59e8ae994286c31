import { DomainError, invalid, notFound } from '#kernel/errors/domain-error.ts';

export const noSuchToken = (id: string) => notFound('token', id);
export const noSuchTenantForToken = (id: string) =>
  new DomainError('not_found', 'tenant.not_found', `No active tenant "${id}" is visible to you.`, {
    issues: [{ field: 'tenantId', message: 'No such active tenant.' }],
  });
export const permissionsBeyondRoles = (extra: readonly string[]) =>
  invalid('token.permissions', `The roles of the token do not give: ${extra.join(', ')}.`, [
    { field: 'permissions', message: `Not given by the roles: ${extra.join(', ')}.` },
  ]);
