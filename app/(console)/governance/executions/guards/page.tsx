import type { Metadata } from 'next';
import { GuardsPage } from '#components/governance/actions/guards-page.tsx';

export const metadata: Metadata = { title: 'Guards of executions' };

export default function Page() {
  return <GuardsPage />;
}
