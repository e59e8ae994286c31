import type { Metadata } from 'next';
import { SimulationsPage } from '#components/governance/simulation/simulations-page.tsx';

export const metadata: Metadata = { title: 'Simulation' };

export default function Page() {
  return <SimulationsPage />;
}
