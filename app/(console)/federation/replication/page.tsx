import type { Metadata } from 'next';
import { ReplicationPage } from '#components/federation/replication/replication-page.tsx';

export const metadata: Metadata = { title: 'Replication' };

export default function Page() {
  return <ReplicationPage />;
}
