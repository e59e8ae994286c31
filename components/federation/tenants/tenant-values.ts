import type { TenantDetail } from '#server/federation/tenants/schema.ts';

/** What the form holds: text where people type. */
export interface Values {
  id: string;
  name: string;
  environment: TenantDetail['environment'];
  tier: TenantDetail['tier'];
  homeRegion: string;
  allowedRegions: string[];
  allowedCountries: string;
  dataClasses: TenantDetail['dataClasses'];
  consents: TenantDetail['consents'];
  monthlyBudget: string;
}

export const blank: Values = {
  id: '',
  name: '',
  environment: 'simulation',
  tier: 'standard',
  homeRegion: '',
  allowedRegions: [],
  allowedCountries: '',
  dataClasses: [],
  consents: [],
  monthlyBudget: '',
};

export const valuesOf = (t: TenantDetail): Values => ({
  id: t.id,
  name: t.name,
  environment: t.environment,
  tier: t.tier,
  homeRegion: t.homeRegion,
  allowedRegions: t.allowedRegions,
  allowedCountries: t.allowedCountries.join(' '),
  dataClasses: t.dataClasses,
  consents: t.consents,
  monthlyBudget: t.monthlyBudget === null ? '' : String(t.monthlyBudget),
});

export const slugOf = (name: string) =>
  name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 63);

/** As the server takes it, or what is wrong with which field. */
export async function readValues({ allowedCountries, monthlyBudget, ...rest }: Values) {
  const { createTenantInput } = await import('#server/federation/tenants/schema.ts');
  return createTenantInput.safeParse({
    ...rest,
    id: rest.id || slugOf(rest.name),
    allowedCountries: allowedCountries
      .toUpperCase()
      .split(/[\s,]+/)
      .filter(Boolean),
    monthlyBudget: monthlyBudget.trim() === '' ? null : Number(monthlyBudget),
  } satisfies Record<keyof Values, unknown>);
}
