import type { CommitEvent, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

const events = declareEvents('mfa', {
  'mfa.enrolment_started': {
    reads: e => `${e.what} began to enrol the device ${e.said('device')}`,
    outcome: 'requested',
  },
  'mfa.enrolled': { reads: e => `${e.what} enrolled the device ${e.said('device')} as a second factor` },
  'mfa.removed': { reads: e => `${e.what} removed a second factor` },
  'mfa.dropped': { reads: e => `${e.who} removed every second factor of ${e.what}` },
  'mfa.recovery_codes_made': { reads: e => `${e.what} made new recovery codes` },
  'mfa.recovery_code_used': { reads: e => `${e.what} used a recovery code` },
  'mfa.code_used': { reads: e => `${e.what} used a code of a second factor`, routine: true },
  'mfa.passkey_enrolled': { reads: e => `${e.what} enrolled the passkey ${e.said('name')}` },
  'mfa.passkey_used': { reads: e => `${e.what} used a passkey`, routine: true },
  'mfa.passkey_removed': { reads: e => `${e.what} removed a passkey` },
  'mfa.passkey_suspected': {
    reads: e => `A passkey of ${e.what} answered with an old counter and may have been copied`,
    outcome: 'failed',
  },
  'mfa.renamed': { reads: e => `${e.what} renamed a second factor` },
  'mfa.stepped_up': { reads: e => `${e.what} confirmed with a second factor` },
  'mfa.refused': { reads: e => `A second factor given for ${e.what} was refused`, outcome: 'refused' },
});
type MfaEvent = keyof typeof events;

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
