import type { Metadata } from 'next';
import { ProposalsPage } from '#components/governance/reasoner/proposals-page.tsx';

export const metadata: Metadata = { title: 'Proposals' };

export default function Page() {
  return <ProposalsPage />;
}
