import type { Metadata } from 'next';
import { TrustPage } from '#components/federation/trust/trust-page.tsx';

export const metadata: Metadata = { title: 'Trust' };

export default function Page() {
  return <TrustPage />;
}
