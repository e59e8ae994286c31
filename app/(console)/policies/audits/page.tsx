import type { Metadata } from 'next';
import { AuditsPage } from '#components/policy/auditor/audits-page.tsx';

export const metadata: Metadata = { title: 'Edge audits' };

export default function Page() {
  return <AuditsPage />;
}
