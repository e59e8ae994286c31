/** Tries are spread over about an hour and a half; then somebody has to look. */
export const maxAttempts = 8;
const firstMs = 5_000;
const longestMs = 3_600_000;

/**
 * How long to wait after the n-th try: trebling, with the upper half jittered so that what failed together does not come
 * back together. What the channel asks for is honoured, within an hour.
 */
export function waitMs(attempt: number, random: number, retryAfterMs?: number): number {
  const full = Math.min(longestMs, firstMs * 3 ** (attempt - 1));
  const jittered = Math.round(full / 2 + (full / 2) * random);
  return retryAfterMs === undefined
    ? jittered
    : Math.min(longestMs, Math.max(retryAfterMs, 0) + Math.round(1000 * random));
}

/** `Retry-After`: seconds or a date. Anything else says nothing. */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}
