import { z } from 'zod';

/** What hub and relays say to each other. Every message is a DSSE envelope; these are the payloads. */
export const protocolVersion = 1;
export const entryType = 'application/vnd.atom.policy-log+json';
export const beatType = 'application/vnd.atom.hub-beat+json';
export const welcomeType = 'application/vnd.atom.hub-welcome+json';
export const relayType = 'application/vnd.atom.relay+json';
export const statementType = 'application/vnd.in-toto+json';
export const predicateType = 'https://atom-console.dev/policy/v1';

export const relayId = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'Use a–z, 0–9 and hyphens.');
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const time = z.iso.datetime();
export const seq = z.int().min(0);

export const wireEnvelope = z.strictObject({
  payload: z.string().max(1_400_000),
  payloadType: z.string().max(200),
  signatures: z
    .array(z.strictObject({ keyid: z.string().max(200).optional(), sig: z.string().max(8_000) }))
    .max(8),
});
export type WireEnvelope = z.output<typeof wireEnvelope>;

/** Public keys a relay pins: a signature of each list is needed, so neither algorithm alone can speak for the hub. */
export const hubKeys = z.strictObject({
  classical: z
    .array(z.strictObject({ id: z.string().max(200), pem: z.string().max(4_000) }))
    .min(1)
    .max(8),
  postQuantum: z
    .array(z.strictObject({ id: z.string().max(200), pem: z.string().max(8_000) }))
    .min(1)
    .max(8),
});
export type HubKeys = z.output<typeof hubKeys>;
