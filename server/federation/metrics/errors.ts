import { DomainError, invalid } from '#kernel/errors/domain-error.ts';

/** What Prometheus calls `bad_data`: the question itself is wrong. */
export const badQuery = (field: string, message: string) =>
  invalid('metrics.bad_data', message, [{ field, message }]);

export const noRegionAnswered = (gaps: readonly string[]) =>
  new DomainError('unavailable', 'metrics.no_region', `No region answered: ${gaps.join('; ')}.`);

export const noSource = () =>
  new DomainError(
    'unavailable',
    'metrics.no_source',
    'No region’s Prometheus is connected. Set PROM_REGION_URLS.',
  );

/** What Prometheus calls `execution`: the question is understood, and cannot be answered, such as one for too many samples. */
export const notExecuted = (message: string) =>
  new DomainError('unprocessable', 'metrics.execution', message);
