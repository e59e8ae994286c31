import { notFound } from 'next/navigation';
import { Kit } from '#components/console/kit/kit.tsx';
import { env } from '#kernel/env/env.ts';

export const dynamic = 'force-dynamic';

/** Every component in both themes, for whoever builds pages; not a part of a production console. */
export default function Page() {
  if (!env().development && !env().vars.ATOM_KIT) notFound();
  return <Kit />;
}
