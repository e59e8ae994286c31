import type { Metadata } from 'next';
import { PortalAuditsPage } from '#components/policy/portal/audits-page.tsx';
import { requirePage } from '#kernel/auth/next.ts';

export const metadata: Metadata = { title: 'Audits' };

export default async function Page() {
  await requirePage();
  return <PortalAuditsPage />;
}
