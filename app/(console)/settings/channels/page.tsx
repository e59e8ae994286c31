import type { Metadata } from 'next';
import { ChannelsPage } from '#components/platform/notifications/channels-page.tsx';

export const metadata: Metadata = { title: 'Channels' };

export default function Page() {
  return <ChannelsPage />;
}
