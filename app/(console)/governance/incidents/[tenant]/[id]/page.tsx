import type { Metadata } from 'next';
import { IncidentPage } from '#components/governance/risk/incident-page.tsx';

export const metadata: Metadata = { title: 'Incident' };

export default async function Page({ params }: { params: Promise<{ tenant: string; id: string }> }) {
  const { tenant, id } = await params;
  return <IncidentPage tenantId={decodeURIComponent(tenant)} id={id} />;
}
