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
