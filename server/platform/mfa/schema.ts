import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import { z } from 'zod';

export { proofOfCode } from './schema/terms.ts';

export const secondFactor = z.string().trim().min(6, 'Six digits, or a recovery code.').max(40);

/** How somebody shows that it is really them. A passkey is bound to the very thing it confirms; the codes are not. */
export const factorMethods = ['passkey', 'totp', 'recovery'] as const;
export type FactorMethod = (typeof factorMethods)[number];

const base64url = z
  .string()
  .min(1)
  .max(16_384)
  .regex(/^[\w-]+$/);

/** What `navigator.credentials.get` gives, as JSON; what else a browser adds is of no use here. */
export const assertion = z.object({
  id: base64url.max(1400),
  rawId: base64url.max(1400),
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: base64url.max(128).nullish(),
  }),
});
export type Assertion = z.output<typeof assertion>;

/** What `navigator.credentials.create` gives. */
export const registration = z.object({
  id: base64url.max(1400),
  rawId: base64url.max(1400),
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    transports: z.array(z.string().max(40)).max(10).nullish(),
  }),
});
export type Registration = z.output<typeof registration>;

export const factorProof = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('passkey'), response: assertion }),
  z.strictObject({
    kind: z.literal('totp'),
    code: z
      .string()
      .trim()
      .regex(/^\d{6}$/, 'Six digits.'),
  }),
  z.strictObject({ kind: z.literal('recovery'), code: secondFactor }),
]);
export type FactorProof = z.output<typeof factorProof>;

/** Without extensions: we use none, and their types do not survive JSON. */
export type AskedPasskey = Omit<PublicKeyCredentialRequestOptionsJSON, 'extensions'>;
export type NewPasskey = Omit<PublicKeyCredentialCreationOptionsJSON, 'extensions'>;

/** What a page needs to ask for a factor: `passkey` is null where none is enrolled or the address allows none. */
export const factorOptions = z.object({
  passkey: z.custom<AskedPasskey>().nullable(),
  /** Where passkeys work; a page that was opened under another address says so. */
  origin: z.string(),
  methods: z.array(z.enum(factorMethods)),
});
export type FactorOptions = z.output<typeof factorOptions>;
export const issuedOptions = factorOptions.extend({ challengeId: z.uuid() });
export type IssuedOptions = z.output<typeof issuedOptions>;

const factorName = (what: string) => z.string().trim().min(1, `Name the ${what}.`).max(60);
/** Field names that the log's redactor knows, should an input ever be logged. */
const currentPassword = z.string().max(200).optional();

export const enrolInput = z.strictObject({ name: factorName('device'), currentPassword });
export const enrolment = z.object({
  deviceId: z.uuid(),
  uri: z.string(),
  secret: z.string(),
  /** Rows of the QR code, one character a module. */
  qr: z.array(z.string()),
});
export const confirmInput = z.strictObject({ deviceId: z.uuid(), code: secondFactor });
export const confirmed = z.object({ recoveryCodes: z.array(z.string()) });

export const enrolPasskeyInput = z.strictObject({ name: factorName('passkey'), currentPassword });
export const passkeyEnrolment = z.object({
  challengeId: z.uuid(),
  origin: z.string(),
  options: z.custom<NewPasskey>(),
});
export const confirmPasskeyInput = z.strictObject({
  challengeId: z.uuid(),
  name: factorName('passkey'),
  response: registration,
});
export const renameInput = z.strictObject({ id: z.uuid(), name: factorName('factor') });

export const stepUpInput = z.union([
  z.strictObject({ code: secondFactor }),
  z.strictObject({ challengeId: z.uuid(), response: assertion }),
]);
export type StepUpInput = z.output<typeof stepUpInput>;
export const deviceRef = z.strictObject({ deviceId: z.uuid() });
export const passkeyRef = z.strictObject({ id: z.uuid() });

export const factors = z.object({
  devices: z.array(z.object({ id: z.uuid(), name: z.string(), createdAt: z.string() })),
  passkeys: z.array(
    z.object({
      id: z.uuid(),
      name: z.string(),
      synced: z.boolean(),
      createdAt: z.string(),
      lastUsedAt: z.string().nullable(),
      suspectedAt: z.string().nullable(),
    }),
  ),
  recoveryCodesLeft: z.int(),
  /** Why passkeys cannot be used under this console's address, with the remedy; null where they can. */
  passkeysImpossible: z.string().nullable(),
  /** Whether the first factor asks for the password again; who came through a provider has none. */
  hasPassword: z.boolean(),
});
export type Factors = z.output<typeof factors>;
export const steppedUp = z.object({ at: z.string(), method: z.enum(factorMethods) });
export const userIdInput = z.strictObject({
  userId: z.uuid(),
  reason: z.string().trim().min(3, 'Say why, in a few words.').max(500),
});
export const dropped = z.object({ dropped: z.literal(true) });
