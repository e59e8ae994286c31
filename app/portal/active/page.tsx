import type { Metadata } from 'next';
import { ActivePage } from '#components/policy/portal/active-page.tsx';
import { requirePage } from '#kernel/auth/next.ts';

export const metadata: Metadata = { title: 'What was active' };

export default async function Page() {
  await requirePage();
  return <ActivePage now={new Date().toISOString()} />;
}
