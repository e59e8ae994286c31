import { Pill } from '#components/ui/pill.tsx';

export const SimulatedBadge = ({ label = 'Simulated' }: { label?: string }) => (
  <Pill tone="sim">{label}</Pill>
);
