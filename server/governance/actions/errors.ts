import { conflict, DomainError, invalid, notFound } from '#kernel/errors/domain-error.ts';

export const noSuchExecution = (id: string) => notFound('execution', id);

export const noSuchTarget = (target: string, known: readonly string[]) =>
  invalid(
    'execution.no_target',
    `Nothing called "${target}" can be acted on here.${known.length > 0 ? ` There are: ${known.slice(0, 12).join(', ')}.` : ''}`,
    [{ field: 'target', message: `No such target: ${target}` }],
  );

export const nothingToActOn = (tenant: string) =>
  invalid('execution.no_targets', `${tenant} has nothing that can be acted on. Name a target.`, [
    { field: 'target', message: 'Name a target.' },
  ]);

export const notPossible = (action: string, target: string) =>
  invalid('execution.impossible', `${action} is not possible on ${target}.`, [
    { field: 'action', message: `Not possible on ${target}.` },
  ]);

export const proposalHasRun = (id: string) =>
  conflict('execution.proposal_has_run', `This proposal was sent to execution before, as ${id}.`, {
    execId: id,
  });

/** Fencing, readiness and its own approval, bound to the epoch, are there; an order from here would go around them. */
export const regionFailsOverElsewhere = (region: string) =>
  invalid(
    'execution.region_failover',
    `${region} is a region. Regions are failed over on the page Failover (/federation/failover, or POST /failover/execute on port 8403), which shows whether the other one is ready and asks for an approval of exactly that. Here a service can be moved to another region.`,
    [{ field: 'target', message: `${region} is failed over on the page Failover.` }],
  );

export const missing = (field: string, message: string) =>
  invalid('execution.incomplete', message, [{ field, message }]);

export const simulatedOnly = () =>
  new DomainError(
    'denied',
    'execution.simulated_only',
    'Without signing in only simulated targets of simulated, non-production tenants can be acted on.',
  );

export const deniedByAutonomy = (why: string) =>
  new DomainError('denied', 'execution.policy', `An autonomy policy denies it. ${why}`);

export const heldBackNow = (code: string, why: string, until: string | null) =>
  conflict(`execution.${code}`, why, until === null ? {} : { until });

export const notNow = (id: string, why: string) =>
  conflict('execution.state', `The execution ${id} cannot do that: ${why}`);

export const drifted = (id: string) =>
  conflict(
    'approval.changed',
    `A target of ${id} is no longer as it was when the approval was asked for. Look at it and plan again.`,
  );

export const staleGuard = () =>
  conflict('guard.stale', 'Somebody changed these limits meanwhile. Look at them and change them again.');

export const noSuchFreeze = (id: string) => notFound('freeze', id);

/** Thrown inside a transaction to leave it: another worker has taken the execution further. */
export class MovedOn extends Error {}
