import { ApprovalPage } from '#components/governance/approvals/approval-page.tsx';

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <ApprovalPage id={(await params).id} />;
}
