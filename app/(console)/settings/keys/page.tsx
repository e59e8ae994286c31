import type { Metadata } from 'next';
import { KeysView } from '#components/platform/keys/keys-view.tsx';

export const metadata: Metadata = { title: 'Signing keys' };

export default function Page() {
  return <KeysView />;
}
