type Kind = 'text' | 'decimal' | 'time' | 'json';

/** The columns of FOCUS 1.0 to 1.2 (focus.finops.org) and how each is read. `x_` columns of one's own may be added. */
const text = [
  'AvailabilityZone',
  'BillingAccountId',
  'BillingAccountName',
  'BillingAccountType',
  'BillingCurrency',
  'CapacityReservationId',
  'CapacityReservationStatus',
  'ChargeCategory',
  'ChargeClass',
  'ChargeDescription',
  'ChargeFrequency',
  'CommitmentDiscountCategory',
  'CommitmentDiscountId',
  'CommitmentDiscountName',
  'CommitmentDiscountStatus',
  'CommitmentDiscountType',
  'CommitmentDiscountUnit',
  'ConsumedUnit',
  'InvoiceId',
  'InvoiceIssuerName',
  'PricingCategory',
  'PricingCurrency',
  'PricingUnit',
  'ProviderName',
  'PublisherName',
  'RegionId',
  'RegionName',
  'ResourceId',
  'ResourceName',
  'ResourceType',
  'ServiceCategory',
  'ServiceName',
  'ServiceSubcategory',
  'SkuId',
  'SkuMeter',
  'SkuPriceId',
  'SubAccountId',
  'SubAccountName',
  'SubAccountType',
] as const;
const decimal = [
  'BilledCost',
  'CommitmentDiscountQuantity',
  'ConsumedQuantity',
  'ContractedCost',
  'ContractedUnitPrice',
  'EffectiveCost',
  'ListCost',
  'ListUnitPrice',
  'PricingCurrencyContractedUnitPrice',
  'PricingCurrencyEffectiveCost',
  'PricingCurrencyListUnitPrice',
  'PricingQuantity',
] as const;
const time = ['BillingPeriodEnd', 'BillingPeriodStart', 'ChargePeriodEnd', 'ChargePeriodStart'] as const;
const json = ['SkuPriceDetails', 'Tags'] as const;

export type FocusColumn =
  | (typeof text)[number]
  | (typeof decimal)[number]
  | (typeof time)[number]
  | (typeof json)[number];

const entries = (names: readonly string[], kind: Kind) => names.map(name => [name, kind] as const);
const kinds = new Map<string, Kind>([
  ...entries(text, 'text'),
  ...entries(decimal, 'decimal'),
  ...entries(time, 'time'),
  ...entries(json, 'json'),
]);

export const focusColumns: readonly string[] = [...kinds.keys()].sort();

export const requiredColumns = [
  'BilledCost',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'ChargeCategory',
  'ChargePeriodEnd',
  'ChargePeriodStart',
  'EffectiveCost',
  'ProviderName',
  'ServiceCategory',
  'ServiceName',
] as const satisfies readonly FocusColumn[];

export const chargeCategories = ['Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment'] as const;

export const serviceCategories = [
  'AI and Machine Learning',
  'Analytics',
  'Business Applications',
  'Compute',
  'Databases',
  'Developer Tools',
  'Identity',
  'Integration',
  'Internet of Things',
  'Management and Governance',
  'Media',
  'Migration',
  'Mobile',
  'Multicloud',
  'Networking',
  'Other',
  'Security',
  'Storage',
  'Web',
] as const;

/** Null where FOCUS knows no such column and it is not one of the reader's own. */
export const kindOf = (column: string): Kind | null =>
  kinds.get(column) ?? (/^x_[A-Za-z0-9_]{1,60}$/.test(column) ? 'text' : null);
