import type { Metadata } from 'next';
import { RegionsPage } from '#components/federation/regions/regions-page.tsx';

export const metadata: Metadata = { title: 'Regions' };

export default function Page() {
  return <RegionsPage />;
}
