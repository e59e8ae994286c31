import { DomainError, notFound } from '#kernel/errors/domain-error.ts';

export const phaseBlocked = (phase: string, gaps: readonly string[]) =>
  new DomainError(
    'unavailable',
    'phase.blocked',
    `Phase ${phase} is blocked by its precheck. Missing: ${gaps.join(', ') || 'see the precheck'}. Mend that and run the precheck again.`,
    { phase, gaps: [...gaps] },
  );

export const noSuchReport = (name: string) => notFound('report', name);

export const unwritable = (cause: unknown) =>
  new DomainError(
    'unavailable',
    'report.unwritable',
    'The folder of the reports cannot be written. ATOM_REPORTS names another one.',
    {},
    cause,
  );
