'use client';

import { SecondFactorCard } from '../mfa/second-factor-card.tsx';
import { ProviderCard } from '../sessions/provider-card.tsx';
import { SessionsCard } from '../sessions/sessions-card.tsx';
import { useMe } from './session.tsx';

export function SecurityView() {
  const me = useMe();
  return (
    <>
      <h1 className="font-semibold text-xl">Security</h1>
      <SecondFactorCard />
      <ProviderCard />
      <SessionsCard />
      {me.permissions.includes('session:all') ? <SessionsCard others /> : null}
    </>
  );
}
