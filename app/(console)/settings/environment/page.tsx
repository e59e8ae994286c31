import type { Metadata } from 'next';
import { EnvironmentPage } from '#components/platform/environment/environment-page.tsx';

export const metadata: Metadata = { title: 'Environment' };

export default function Page() {
  return <EnvironmentPage />;
}
