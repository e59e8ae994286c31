import { conflict, DomainError, notFound } from '#kernel/errors/domain-error.ts';
import type { RuleRow } from './schema/rules.ts';
import type { IncidentRow } from './schema.ts';

export const noSuchRisk = (id: string) => notFound('risk', id);
export const noSuchRule = (id: string) => notFound('rule', id);
export const noSuchIncident = (id: string) => notFound('incident', id);

export const staleRule = (current: RuleRow | null) =>
  conflict(
    'rule.stale',
    current
      ? 'Somebody changed this rule meanwhile. Look at it as it is now and apply your change again.'
      : 'There is no such rule any more.',
    current ? { current: { ...current } } : {},
  );

export const ruleTaken = (id: string) =>
  new DomainError('conflict', 'rule.taken', `There is a rule "${id}" already. Choose another id.`, {
    issues: [{ field: 'id', message: 'This id is taken.' }],
  });

export const staleIncident = (current: IncidentRow) =>
  conflict('incident.stale', 'This incident has changed meanwhile. Look at it as it is now.', {
    current: { ...current },
  });

export const alreadyResolved = (id: string) =>
  conflict('incident.state', `The incident ${id} is resolved already.`);
