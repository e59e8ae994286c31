import type { CommitEvent, Json } from '#kernel/ledger/event.ts';

type MfaEvent =
  | 'mfa.enrolment_started'
  | 'mfa.enrolled'
  | 'mfa.removed'
  | 'mfa.dropped'
  | 'mfa.recovery_codes_made'
  | 'mfa.recovery_code_used'
  | 'mfa.code_used'
  | 'mfa.passkey_enrolled'
  | 'mfa.passkey_used'
  | 'mfa.passkey_removed'
  | 'mfa.passkey_suspected'
  | 'mfa.renamed'
  | 'mfa.stepped_up'
  | 'mfa.refused';

export const mfaEvent = (
  type: MfaEvent,
  userId: string,
  detail: { [key: string]: Json } = {},
): CommitEvent => ({
  type,
  target: { kind: 'user', id: userId },
  detail,
  topics: [
    { topic: 'mfa', key: userId },
    ...(type === 'mfa.dropped' ? [{ topic: 'sessions', key: userId }] : []),
  ],
});
