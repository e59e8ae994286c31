import type { Metadata } from 'next';
import { TokensView } from '#components/platform/tokens/tokens-view.tsx';

export const metadata: Metadata = { title: 'API tokens' };

export default function Page() {
  return <TokensView />;
}
