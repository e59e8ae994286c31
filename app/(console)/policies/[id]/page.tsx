import { PolicyPage } from '#components/policy/hub/policy-page.tsx';

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <PolicyPage id={(await params).id} />;
}
