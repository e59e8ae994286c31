import { type MetricSample, usualQueries } from '../schema.ts';

/** `cpu=rate(x[1m]); rps=sum by (service, tenant) (y)`. */
export function parseQueries(text: string | undefined): Record<string, string> {
  if (text === undefined) return { ...usualQueries };
  const pairs = text.split(';').flatMap(part => {
    const at = part.indexOf('=');
    const [name, query] = [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    return at > 0 && /^[a-z][a-z0-9_]{0,62}$/.test(name) && query !== '' ? [[name, query] as const] : [];
  });
  return Object.fromEntries(pairs);
}

interface Series {
  labels: Readonly<Record<string, string>>;
  values: readonly (readonly [number, string])[];
}

/** Whose a series is, its labels say; one that names no tenant that is known, or no service, is left out. */
export function samplesOf(
  metric: string,
  series: readonly Series[],
  tenants: ReadonlyMap<string, { simulated: boolean }>,
): { samples: MetricSample[]; left: Readonly<Record<string, string>>[] } {
  const samples: MetricSample[] = [];
  const left: Readonly<Record<string, string>>[] = [];
  for (const { labels, values } of series) {
    const tenantId = labels.tenant ?? labels.tenant_id ?? labels.namespace;
    const service = labels.service ?? labels.job;
    const tenant = tenantId === undefined ? undefined : tenants.get(tenantId);
    if (tenantId === undefined || !tenant || !service) {
      left.push(labels);
      continue;
    }
    for (const [seconds, text] of values) {
      const value = Number(text);
      if (Number.isFinite(value) && text.trim() !== '')
        samples.push({
          tenantId,
          service,
          metric,
          region: labels.region ?? '',
          ts: new Date(Math.round(seconds * 1000)),
          value,
          simulated: tenant.simulated,
        });
    }
  }
  return { samples, left };
}

export const stepMs = 15_000;
/** After a long pause it goes on with the last hour: what lies before is a gap, and shown as one. */
export const mostBackMs = 60 * 60_000;
/** What is asked for at once. */
const sliceMs = 10 * 60_000;

export interface Stretch {
  start: number;
  end: number;
  /** Whether nothing newer is over yet. */
  front: boolean;
}

/** The next stretch of whole steps after the cursor; null while none is over. */
export function nextRange(cursor: number | null, now: number): Stretch | null {
  const newest = Math.floor(now / stepMs) * stepMs;
  const start = Math.max(cursor === null ? newest : cursor + stepMs, newest - mostBackMs);
  if (start > newest) return null;
  const end = Math.min(newest, start + sliceMs - stepMs);
  return { start, end, front: end === newest };
}

/** Pairs region=URL, as in PROM_REGION_URLS. */
export const parseRegions = (text: string | undefined): { region: string; url: string }[] =>
  (text ?? '').split(',').flatMap(part => {
    const at = part.indexOf('=');
    return at > 0 ? [{ region: part.slice(0, at).trim(), url: part.slice(at + 1).trim() }] : [];
  });

/** `tenant=/var/log/app.log, other=/var/log/b.log`. */
export const parseFiles = (text: string | undefined): { tenantId: string; path: string }[] =>
  (text ?? '').split(',').flatMap(part => {
    const at = part.indexOf('=');
    const [tenantId, path] = [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    return at > 0 && path !== '' ? [{ tenantId, path }] : [];
  });
