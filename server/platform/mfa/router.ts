import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import {
  codeInput,
  confirmed,
  confirmInput,
  deviceRef,
  devices,
  enrolInput,
  enrolment,
  steppedUp,
} from './schema.ts';
import {
  beginEnrolment,
  confirmEnrolment,
  readDevices,
  removeDevice,
  renewRecoveryCodes,
  stepUp,
} from './service.ts';

export const mfaRouter = router({
  devices: read({ permission: 'mfa:own', own: true })
    .output(devices)
    .query(({ ctx }) => readDevices(ctx)),
  /** Who already has a factor proves it before adding another; the first one needs the password session only. */
  enrol: command({
    permission: 'mfa:own',
    own: true,
    audit: 'mfa.enrolment_started',
    stepUp: { maxAgeMinutes: 10, onlyIfEnrolled: true },
  })
    .input(enrolInput)
    .output(enrolment)
    .mutation(({ ctx, input }) => beginEnrolment(ctx, input.name)),
  confirm: command({ permission: 'mfa:own', own: true, audit: 'mfa.enrolled' })
    .input(confirmInput)
    .output(confirmed)
    .mutation(({ ctx, input }) => confirmEnrolment(ctx, input.deviceId, input.code)),
  remove: command({ permission: 'mfa:own', own: true, audit: 'mfa.removed', stepUp: { maxAgeMinutes: 10 } })
    .input(deviceRef)
    .output(devices)
    .mutation(({ ctx, input }) => removeDevice(ctx, input.deviceId)),
  renewRecoveryCodes: command({
    permission: 'mfa:own',
    own: true,
    audit: 'mfa.recovery_codes_made',
    stepUp: { maxAgeMinutes: 10 },
  })
    .output(confirmed)
    .mutation(({ ctx }) => renewRecoveryCodes(ctx)),
  stepUp: command({
    permission: 'mfa:own',
    own: true,
    audit: ['mfa.stepped_up', 'mfa.code_used', 'mfa.recovery_code_used', 'mfa.refused'],
  })
    .input(codeInput)
    .output(steppedUp)
    .mutation(({ ctx, input }) => stepUp(ctx, input.code)),
});
