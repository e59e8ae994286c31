import type { Metadata } from 'next';
import { PoliciesPage } from '#components/governance/approvals/policies-page.tsx';

export const metadata: Metadata = { title: 'Approval policies' };

export default function Page() {
  return <PoliciesPage />;
}
