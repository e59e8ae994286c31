import type { Metadata } from 'next';
import { RiskPage } from '#components/governance/risk/risk-page.tsx';

export const metadata: Metadata = { title: 'Risk' };

export default function Page() {
  return <RiskPage />;
}
