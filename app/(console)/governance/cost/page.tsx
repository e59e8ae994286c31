import type { Metadata } from 'next';
import { CostPage } from '#components/governance/cost/cost-page.tsx';

export const metadata: Metadata = { title: 'Cost' };

export default function Page() {
  return <CostPage />;
}
