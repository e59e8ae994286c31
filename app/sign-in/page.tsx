import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { SignInPage } from '#components/platform/sessions/sign-in-page.tsx';
import { safeNext } from '#kernel/auth/anonymous.ts';
import { pageContext } from '#kernel/auth/next.ts';

export const metadata: Metadata = { title: 'Sign in' };

export default async function Page({
  searchParams,
}: {
  searchParams: Promise<{ next?: string | string[] }>;
}) {
  const { next: given } = await searchParams;
  const next = safeNext(Array.isArray(given) ? given[0] : given);
  if ((await pageContext()).principal.kind === 'user') redirect(next);
  return <SignInPage next={next} />;
}
