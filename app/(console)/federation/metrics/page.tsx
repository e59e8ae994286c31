import type { Metadata } from 'next';
import { MetricsPage } from '#components/federation/metrics/metrics-page.tsx';

export const metadata: Metadata = { title: 'Metrics' };

export default function Page() {
  return <MetricsPage />;
}
