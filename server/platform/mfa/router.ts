import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import {
  confirmed,
  confirmInput,
  confirmPasskeyInput,
  deviceRef,
  dropped,
  enrolInput,
  enrolment,
  enrolPasskeyInput,
  factors,
  issuedOptions,
  passkeyEnrolment,
  passkeyRef,
  renameInput,
  steppedUp,
  stepUpInput,
  userIdInput,
} from './schema.ts';
import { beginEnrolment, confirmEnrolment, removeDevice } from './service/devices.ts';
import { dropFactorsOf, nameFactor, readFactors, renewRecoveryCodes } from './service/factors.ts';
import { beginPasskey, confirmPasskey, removePasskey } from './service/passkeys.ts';
import { askSignIn, askStepUp, stepUp } from './service/step-up.ts';

const own = { permission: 'mfa:own', own: true } as const;
const tenMinutes = { maxAgeMinutes: 10 };
/** Who already has a factor proves it before adding another; the first one needs the password again. */
const beforeAnother = { ...tenMinutes, onlyIfEnrolled: true };
const provingEvents = [
  'mfa.stepped_up',
  'mfa.code_used',
  'mfa.recovery_code_used',
  'mfa.passkey_used',
  'mfa.passkey_suspected',
  'mfa.refused',
] as const;

export const mfaRouter = router({
  factors: read(own)
    .output(factors)
    .query(({ ctx }) => readFactors(ctx)),
  enrol: command({ ...own, audit: 'mfa.enrolment_started', stepUp: beforeAnother })
    .input(enrolInput)
    .output(enrolment)
    .mutation(({ ctx, input }) => beginEnrolment(ctx, input)),
  confirm: command({ ...own, audit: 'mfa.enrolled' })
    .input(confirmInput)
    .output(confirmed)
    .mutation(({ ctx, input }) => confirmEnrolment(ctx, input.deviceId, input.code)),
  remove: command({ ...own, audit: 'mfa.removed', stepUp: tenMinutes })
    .input(deviceRef)
    .output(factors)
    .mutation(({ ctx, input }) => removeDevice(ctx, input.deviceId)),
  enrolPasskey: command({ ...own, audit: 'mfa.enrolment_started', stepUp: beforeAnother })
    .input(enrolPasskeyInput)
    .output(passkeyEnrolment)
    .mutation(({ ctx, input }) => beginPasskey(ctx, input)),
  confirmPasskey: command({ ...own, audit: 'mfa.passkey_enrolled' })
    .input(confirmPasskeyInput)
    .output(confirmed)
    .mutation(({ ctx, input }) => confirmPasskey(ctx, input)),
  removePasskey: command({ ...own, audit: 'mfa.passkey_removed', stepUp: tenMinutes })
    .input(passkeyRef)
    .output(factors)
    .mutation(({ ctx, input }) => removePasskey(ctx, input.id)),
  rename: command({ ...own, audit: 'mfa.renamed' })
    .input(renameInput)
    .output(factors)
    .mutation(({ ctx, input }) => nameFactor(ctx, input.id, input.name)),
  renewRecoveryCodes: command({ ...own, audit: 'mfa.recovery_codes_made', stepUp: tenMinutes })
    .output(confirmed)
    .mutation(({ ctx }) => renewRecoveryCodes(ctx)),
  askStepUp: command({ ...own, audit: provingEvents })
    .output(issuedOptions)
    .mutation(({ ctx }) => askStepUp(ctx)),
  stepUp: command({ ...own, audit: provingEvents })
    .input(stepUpInput)
    .output(steppedUp)
    .mutation(({ ctx, input }) => stepUp(ctx, input)),
  askSignIn: command({ permission: 'passkey:ask', audit: 'session.created', own: true })
    .output(issuedOptions)
    .mutation(({ ctx }) => askSignIn(ctx)),
  drop: command({ permission: 'mfa:drop', audit: 'mfa.dropped', stepUp: tenMinutes })
    .input(userIdInput)
    .output(dropped)
    .mutation(({ ctx, input }) => dropFactorsOf(ctx, input.userId, input.reason)),
});
