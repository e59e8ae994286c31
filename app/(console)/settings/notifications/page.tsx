import type { Metadata } from 'next';
import { PreferencesPage } from '#components/platform/notifications/preferences-page.tsx';

export const metadata: Metadata = { title: 'Notification settings' };

export default function Page() {
  return <PreferencesPage />;
}
