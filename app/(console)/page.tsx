import { OverviewPage } from '#components/platform/overview/overview-page.tsx';

export default function Page() {
  return <OverviewPage />;
}
