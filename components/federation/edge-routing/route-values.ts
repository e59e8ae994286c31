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
    lat: 'Degrees from -90 to 90.',
    lon: 'Degrees from -180 to 180.',
    residency: 'Two letters each (ISO 3166-1), for example DE IE.',
  };
  const errors = parsed.error.issues.map(({ path, message }) => {
    const field = String(path[0] === 'location' ? path[1] : path[0]);
    return [field, said[field] ?? message];
  });
  return { errors: Object.fromEntries(errors) };
}
