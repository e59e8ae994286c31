import { TenantPage } from '#components/federation/tenants/tenant-page.tsx';

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <TenantPage id={(await params).id} />;
}
