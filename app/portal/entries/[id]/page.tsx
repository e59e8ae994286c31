import type { Metadata } from 'next';
import { ProvedEntryPage } from '#components/policy/portal/entry-page.tsx';
import { requirePage } from '#kernel/auth/next.ts';

export const metadata: Metadata = { title: 'Ledger entry' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  await requirePage();
  return <ProvedEntryPage id={decodeURIComponent((await params).id)} />;
}
