import type { Metadata } from 'next';
import { DecisionPage } from '#components/governance/reasoner/decision-page.tsx';

export const metadata: Metadata = { title: 'Proposals' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <DecisionPage id={(await params).id} />;
}
