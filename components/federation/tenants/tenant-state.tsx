import { Pill } from '#components/ui/pill.tsx';

export const TenantState = ({ state }: { state: 'active' | 'suspended' }) => (
  <Pill tone={state === 'active' ? 'ok' : 'watch'}>{state}</Pill>
);
