import { ExecutionPage } from '#components/governance/actions/execution-page.tsx';

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <ExecutionPage id={decodeURIComponent((await params).id)} />;
}
