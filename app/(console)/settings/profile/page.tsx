import type { Metadata } from 'next';
import { ProfileView } from '#components/platform/identity/profile-view.tsx';

export const metadata: Metadata = { title: 'Profile' };

export default function Page() {
  return <ProfileView />;
}
