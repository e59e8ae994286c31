import type { Metadata } from 'next';
import { RecoveryPage } from '#components/federation/recovery/recovery-page.tsx';

export const metadata: Metadata = { title: 'Recovery' };

export default function Page() {
  return <RecoveryPage />;
}
