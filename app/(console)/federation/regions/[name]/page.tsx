import { RegionPage } from '#components/federation/regions/region-page.tsx';

export default async function Page({ params }: { params: Promise<{ name: string }> }) {
  return <RegionPage name={(await params).name} />;
}
