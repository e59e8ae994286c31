/** A charge as a provider bills it (FOCUS); tests change what they are about. */
export const charge = {
  BilledCost: '10.005',
  BillingCurrency: 'EUR',
  BillingPeriodEnd: '2026-10-01T00:00:00Z',
  BillingPeriodStart: '2026-09-01T00:00:00Z',
  ChargeCategory: 'Usage',
  ChargePeriodEnd: '2026-09-02T00:00:00Z',
  ChargePeriodStart: '2026-09-01T00:00:00Z',
  EffectiveCost: '10.005',
  ProviderName: 'Example cloud',
  ServiceCategory: 'Compute',
  ServiceName: 'Machines',
  SubAccountId: 't1',
  Tags: '{"team":"a"}',
};
