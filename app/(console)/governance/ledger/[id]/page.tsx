import { EntryPage } from '#components/governance/audit/entry-page.tsx';

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <EntryPage id={decodeURIComponent((await params).id)} />;
}
