import type { Metadata } from 'next';
import { FailoverPage } from '#components/federation/edge-routing/failover-page.tsx';

export const metadata: Metadata = { title: 'Failover' };

export default function Page() {
  return <FailoverPage />;
}
