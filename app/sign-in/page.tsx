import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { SignInPage } from '#components/platform/sessions/sign-in-page.tsx';
import { safeNext } from '#kernel/auth/anonymous.ts';
import { pageContext } from '#kernel/auth/next.ts';
import { signInChoices } from '#server/root.ts';

export const metadata: Metadata = { title: 'Sign in' };

type Given = string | string[] | undefined;
const first = (given: Given) => (Array.isArray(given) ? given[0] : given);

export default async function Page({
  searchParams,
}: {
  searchParams: Promise<{ next?: Given; error?: Given }>;
}) {
  const { next: given, error } = await searchParams;
  const next = safeNext(first(given));
  if ((await pageContext()).principal.kind === 'user') redirect(next);
  return <SignInPage next={next} choices={{ ...signInChoices(next), error: first(error) ?? null }} />;
}
