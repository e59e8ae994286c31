import { DomainError, notFound } from '#kernel/errors/domain-error.ts';
import { whyBlocked } from '../environment/rules.ts';
import type { Precheck } from '../environment/schema.ts';

export const phaseBlocked = ({ phase, gaps, ...precheck }: Precheck) =>
  new DomainError(
    'unavailable',
    'phase.blocked',
    `Phase ${phase} is blocked by its precheck: ${whyBlocked({ phase, gaps, ...precheck })}. It is looked at again each minute; mend that, or run the precheck now.`,
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
