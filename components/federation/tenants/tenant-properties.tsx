import { Properties } from '#components/console/detail.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { Time } from '#components/console/time.tsx';
import type { TenantDetail } from '#server/federation/tenants/schema.ts';
import { TenantState } from './tenant-state.tsx';

const listed = (values: string[], none: string) => (values.length > 0 ? values.join(', ') : none);

export function TenantProperties({ tenant }: { tenant: TenantDetail }) {
  return (
    <Properties
      items={[
        ['State', <TenantState key="s" state={tenant.state} />],
        ['Environment', tenant.simulated ? <SimulatedBadge key="e" /> : tenant.environment],
        ['Tier', tenant.tier],
        ['Home region', tenant.homeRegion],
        ['Allowed regions', listed(tenant.allowedRegions, 'any')],
        ['Allowed countries', listed(tenant.allowedCountries, 'any')],
        ['Data classes', listed(tenant.dataClasses, 'none stated')],
        ['Consents to', listed(tenant.consents, 'nothing')],
        [
          'Monthly budget',
          tenant.monthlyBudget === null ? 'none' : `${tenant.monthlyBudget.toLocaleString('en')} EUR`,
        ],
        ['Created', <Time key="c" at={tenant.createdAt} />],
      ]}
    />
  );
}
