import type { Metadata } from 'next';
import { UsersView } from '#components/platform/identity/users-view.tsx';

export const metadata: Metadata = { title: 'Users' };

export default function Page() {
  return <UsersView />;
}
