import type { Metadata } from 'next';
import { SyncPage } from '#components/policy/sync/sync-page.tsx';

export const metadata: Metadata = { title: 'Policy sync' };

export default function Page() {
  return <SyncPage />;
}
