import type { RouteInput } from '#server/federation/edge-routing/schema.ts';

/** What people type; empty = not said. */
export interface RouteValues {
  tenant: string;
  where: 'nowhere' | 'address' | 'place';
  clientIp: string;
  lat: string;
  lon: string;
  regions: string[];
  countries: string;
}

export const noRoute: RouteValues = {
  tenant: '',
  where: 'nowhere',
  clientIp: '',
  lat: '',
  lon: '',
  regions: [],
  countries: '',
};

const words = (text: string) =>
  text
    .toUpperCase()
    .split(/[\s,]+/)
    .filter(Boolean);

/** The request as a service would send it, or what is wrong with which field. */
export async function readRoute(
  v: RouteValues,
): Promise<{ input: RouteInput } | { errors: Record<string, string> }> {
  const { routeInput } = await import('#server/federation/edge-routing/schema.ts');
  const countries = words(v.countries);
  const residency = {
    ...(v.regions.length > 0 ? { regions: v.regions } : {}),
    ...(countries.length > 0 ? { countries } : {}),
  };
  const number = (text: string) => (text.trim() === '' ? Number.NaN : Number(text));
  const parsed = routeInput.safeParse({
    tenant: v.tenant,
    ...(v.where === 'address' ? { clientIp: v.clientIp.trim() } : {}),
    ...(v.where === 'place' ? { location: { lat: number(v.lat), lon: number(v.lon) } } : {}),
    ...(Object.keys(residency).length > 0 ? { residency } : {}),
  });
  if (parsed.success) return { input: parsed.data };
  const said: Record<string, string> = {
    tenant: 'Choose a tenant.',
    clientIp: 'An IPv4 or IPv6 address, for example 2.1.2.3.',
    lat: 'Degrees from -90 to 90.',
    lon: 'Degrees from -180 to 180.',
    residency: 'Two letters each (ISO 3166-1), for example DE IE.',
  };
  const fields = parsed.error.issues.map(issue =>
    issue.path[0] === 'location' ? String(issue.path[1]) : String(issue.path[0]),
  );
  return { errors: Object.fromEntries(fields.map(field => [field, said[field] ?? 'This is not accepted.'])) };
}
