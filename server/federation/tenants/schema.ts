import { z } from 'zod';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';
import { consentPurposes, dataClasses, environments, tenantStates, tiers } from './schema/terms.ts';

export const tenantId = z
  .string()
  .min(1, 'Give the tenant a slug.')
  .max(63, 'At most 63 characters.')
  .regex(
    /^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$/,
    'Use a–z, 0–9, hyphen and underscore only, beginning and ending with a letter or digit. Letters of other scripts that look alike are not accepted.',
  );

const regionName = z.string().min(1, 'Choose a region.').max(63);
const country = z.string().regex(/^[A-Z]{2}$/, 'Two capital letters (ISO 3166-1), for example DE.');
const name = z
  .string()
  .trim()
  .min(1, 'Give the tenant a name.')
  .max(120, 'At most 120 characters.')
  .refine(text => !/\p{Cc}|\p{Cf}/u.test(text), 'Control and invisible characters are not accepted.');

const fields = {
  name,
  environment: z.enum(environments),
  tier: z.enum(tiers).default('standard'),
  homeRegion: regionName,
  allowedRegions: z.array(regionName).max(100).default([]),
  allowedCountries: z.array(country).max(250).default([]),
  dataClasses: z.array(z.enum(dataClasses)).max(dataClasses.length).default([]),
  consents: z.array(z.enum(consentPurposes)).max(consentPurposes.length).default([]),
  /** Euros a month; null = no budget. */
  monthlyBudget: z.number().min(0).max(1e9).nullable().default(null),
};

export const createTenantInput = z.strictObject({ id: tenantId, ...fields });
export type CreateTenantInput = z.output<typeof createTenantInput>;

/** The home region is not among them: it is moved by a command of its own, with a plan. */
export const tenantPatch = z.strictObject({
  name: name.optional(),
  tier: z.enum(tiers).optional(),
  allowedRegions: z.array(regionName).max(100).optional(),
  allowedCountries: z.array(country).max(250).optional(),
  dataClasses: z.array(z.enum(dataClasses)).max(dataClasses.length).optional(),
  consents: z.array(z.enum(consentPurposes)).max(consentPurposes.length).optional(),
  monthlyBudget: z.number().min(0).max(1e9).nullable().optional(),
});
export type TenantPatch = z.output<typeof tenantPatch>;

export const updateTenantInput = z.strictObject({
  id: tenantId,
  version: z.int().min(1),
  patch: tenantPatch,
});
export const tenantRef = z.strictObject({ id: tenantId });
export const stateChangeInput = z.strictObject({
  id: tenantId,
  reason: z.string().trim().min(3, 'Say why, in a few words.').max(500),
});

export const tenantRow = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(tenantStates),
  environment: z.enum(environments),
  tier: z.enum(tiers),
  homeRegion: z.string(),
  simulated: z.boolean(),
  updatedAt: z.string(),
});
export type TenantRow = z.output<typeof tenantRow>;

export const tenantDetail = tenantRow.extend({
  allowedRegions: z.array(z.string()),
  allowedCountries: z.array(z.string()),
  dataClasses: z.array(z.enum(dataClasses)),
  consents: z.array(z.enum(consentPurposes)),
  monthlyBudget: z.number().nullable(),
  version: z.int(),
  createdAt: z.string(),
});
export type TenantDetail = z.output<typeof tenantDetail>;

/** Rows that are where the tenant's residency does not allow them. */
export const misplaced = z.object({
  tenant: z.string(),
  region: z.string(),
  /** They are written there, not only kept. */
  written: z.boolean(),
  why: z.string(),
});
export type Misplaced = z.output<typeof misplaced>;
/** An edit moves no rows: where they stay, against what it now allows, is said with it. */
export const tenantUpdated = tenantDetail.extend({ misplaced: z.array(misplaced) });
export type TenantUpdated = z.output<typeof tenantUpdated>;

export const tenantSorts = ['name', 'id', 'updatedAt', 'homeRegion', 'tier', 'state'] as const;
export const listTenantsInput = listInput(tenantSorts, {
  state: facet(tenantStates),
  environment: facet(environments),
  tier: facet(tiers),
  region: z.array(regionName).max(100).optional(),
  /** These tenants only, none if it is empty: what the scope of the console narrows to. */
  id: z.array(tenantId).max(100).optional(),
});
export type ListTenantsInput = z.output<typeof listTenantsInput>;
export const listTenantsOutput = listOutput(tenantRow);

/** Everything in scope, whatever the list is filtered by. */
export const tenantScope = z
  .strictObject({
    environment: z.array(z.enum(environments)).max(environments.length).optional(),
    region: z.array(regionName).max(100).optional(),
    id: z.array(tenantId).max(100).optional(),
  })
  .optional();
export type TenantScope = z.output<typeof tenantScope>;

const { search, state, environment, tier, region, id } = listTenantsInput.shape;
/** Which tenants a filter means right now, walked by slug: what is counted is then what is changed. */
export const matchingTenantsInput = z.strictObject({
  search,
  state,
  environment,
  tier,
  region,
  id,
  after: tenantId.optional(),
  limit: z.int().min(1).max(1000).default(1000),
});
export type MatchingTenantsInput = z.output<typeof matchingTenantsInput>;
export const matchingTenants = z.object({ ids: z.array(z.string()), next: z.string().nullable() });

export const changeStatesInput = z.strictObject({
  ids: z
    .array(tenantId)
    .min(1, 'Choose at least one tenant.')
    .max(100, 'At most 100 tenants at once.')
    .refine(ids => new Set(ids).size === ids.length, 'A tenant is named twice.'),
  to: z.enum(tenantStates),
  reason: z.string().trim().min(3, 'Say why, in a few words.').max(500),
});
export type ChangeStatesInput = z.output<typeof changeStatesInput>;
export const changedStates = z.object({
  changed: z.array(z.string()),
  /** Were so already: nothing was written for them. */
  already: z.array(z.string()),
  failed: z.array(z.object({ id: z.string(), code: z.string(), message: z.string() })),
});
export type ChangedStates = z.output<typeof changedStates>;

export const tenantFacets = z.object({
  state: z.record(z.string(), z.int()),
  environment: z.record(z.string(), z.int()),
  tier: z.record(z.string(), z.int()),
  region: z.record(z.string(), z.int()),
});
