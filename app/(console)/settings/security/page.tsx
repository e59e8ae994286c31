import type { Metadata } from 'next';
import { SecurityView } from '#components/platform/identity/security-view.tsx';

export const metadata: Metadata = { title: 'Security' };

export default function Page() {
  return <SecurityView />;
}
