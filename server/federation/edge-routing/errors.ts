import { conflict, DomainError, notFound } from '#kernel/errors/domain-error.ts';
import type { MovePlan } from './schema/move.ts';
import type { Readiness } from './schema.ts';

export const noSuchRun = (id: string) => notFound('failover', id);
export const notReady = (readiness: Readiness) =>
  new DomainError(
    'unprocessable',
    'failover.not_ready',
    `${readiness.verdict} To go on all the same, say so.`,
    {
      rows: readiness.rows,
    },
  );
/** Not to be gone on with all the same: nobody but the tenant and those who make the rules can allow it. */
export const residencyForbids = (to: string, refused: readonly { tenant: string; reason: string }[]) =>
  new DomainError(
    'unprocessable',
    'failover.residency',
    `Rows may not be written in ${to}: ${refused.map(r => r.reason).join('; ')}. The failover is refused rather than made where the data may not lie.`,
    { refused: refused.map(({ tenant, reason }) => ({ tenant, reason })) },
  );
export const noPrimary = (region: string) =>
  new DomainError(
    'unprocessable',
    'failover.no_primary',
    `${region} does not hold the right to write, so there is nothing to take from it.`,
  );
export const noRole = (region: string) =>
  new DomainError(
    'not_found',
    'failover.no_role',
    `No region ${region} takes part in failovers: no stream leads there or from there, so nothing is judged of it.`,
  );
export const noMirror = (from: string, to: string) =>
  new DomainError(
    'unprocessable',
    'failover.no_mirror',
    `No stream leads from ${from} to ${to}: nothing would be there.`,
  );
export const inProgress = () =>
  conflict(
    'failover.running',
    'A failover is under way among the regions that streams join with this one; a second one would fight it.',
  );
export const runOver = (id: string) =>
  conflict('failover.over', `The failover ${id} has ended already; nothing more is done for it.`);
/** Its job is tried again soon. */
export const carriedOnElsewhere = (id: string) =>
  conflict('failover.carried_on', `The failover ${id} is still being carried on by another worker.`);
export const targetSilent = (region: string) =>
  new DomainError('unavailable', 'failover.target_silent', `${region} does not answer: it cannot take over.`);
export const notDrained = (from: string, to: string, waits: readonly string[]) =>
  conflict(
    'failover.not_drained',
    `${to} did not receive everything that ${from} has, so nothing was switched and ${from} keeps the right to write. ${waits.join('; ')}.`,
  );
export const notThereAnyMore = (from: string) =>
  conflict(
    'failover.not_there',
    `${from} was to be emptied first and does not answer any more, so nothing was switched. Ask again: the plan then says what would be lost.`,
  );
export const rolesUnknown = (regions: readonly string[]) =>
  conflict(
    'failover.roles_unknown',
    `Who may write in ${regions.join(' and ')} is not known. It has to be confirmed or decided first, on the page Failover.`,
  );
export const rolesKnown = (region: string) =>
  conflict('failover.roles_known', `Who may write in ${region} is known: fail over to change it.`);
export const otherWriter = (region: string, writer: string) =>
  conflict(
    'failover.other_writer',
    `${writer} writes, and a stream joins it with ${region}: that would be two.`,
  );
export const notEmbedded = (region: string) =>
  new DomainError(
    'denied',
    'failover.not_embedded',
    `${region} has no embedded server of the simulated world: only those are paused to practise.`,
  );
export const moveNotPossible = ({ tenant, to, obstacles }: MovePlan) =>
  new DomainError(
    'unprocessable',
    'move.not_possible',
    `${tenant} cannot move to ${to}: ${obstacles.map(o => o.what).join('; ')}.`,
    { obstacles: obstacles.map(({ what, mend }) => ({ what, mend })) },
  );
export const moveRuns = (tenant: string) =>
  conflict('move.running', `A move of ${tenant} is under way; wait for its end.`);
