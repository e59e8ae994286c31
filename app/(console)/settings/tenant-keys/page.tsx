import type { Metadata } from 'next';
import { TenantKeysPage } from '#components/platform/tokens/tenant-keys-page.tsx';

export const metadata: Metadata = { title: 'Tenant signing key' };

export default function Page() {
  return <TenantKeysPage />;
}
