import type { Metadata } from 'next';
import { DeliveriesPage } from '#components/platform/notifications/deliveries-page.tsx';

export const metadata: Metadata = { title: 'Delivery log' };

export default function Page() {
  return <DeliveriesPage />;
}
