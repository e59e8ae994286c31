import type { Metadata } from 'next';
import { TelemetryPage } from '#components/governance/telemetry/telemetry-page.tsx';

export const metadata: Metadata = { title: 'Telemetry' };

export default function Page() {
  return <TelemetryPage />;
}
