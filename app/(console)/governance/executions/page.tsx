import type { Metadata } from 'next';
import { ExecutionsPage } from '#components/governance/actions/executions-page.tsx';

export const metadata: Metadata = { title: 'Executions' };

export default function Page() {
  return <ExecutionsPage />;
}
