import type { Metadata } from 'next';
import { OverviewPage } from '#components/policy/portal/overview-page.tsx';

export const metadata: Metadata = { title: 'Policy portal' };

export default function Page() {
  return <OverviewPage />;
}
