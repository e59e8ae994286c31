import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { type DsseEnvelope, signEnvelope } from '#kernel/signing/dsse.ts';
import { keyIdOf } from '#server/federation/regions/rules.ts';
import { heartbeatType, registrationType } from '#server/federation/regions/schema.ts';
import { registerRegion } from '#server/federation/regions/service.ts';
import type { TestBed } from './database.ts';

export interface RegionKeyPair {
  pem: string;
  id: string;
  privateKey: KeyObject;
}

export function regionKeyPair(): RegionKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    id: keyIdOf(publicKey),
    privateKey,
  };
}

export function registrationEnvelope(content: Record<string, unknown>, by: RegionKeyPair): DsseEnvelope {
  return signEnvelope(registrationType, canonicalBytes(content), [{ id: by.id, key: by.privateKey }]);
}

export const registrationContent = (
  name: string,
  key: RegionKeyPair,
  more: Record<string, unknown> = {},
) => ({
  name,
  url: `https://${name}.example.net`,
  keys: [key.pem],
  environment: 'simulation',
  ...more,
});

export async function registerTestRegion(
  bed: Pick<TestBed, 'system'>,
  { name, country, environment = 'simulation' }: { name: string; country: string; environment?: string },
): Promise<RegionKeyPair> {
  const key = regionKeyPair();
  const content = registrationContent(name, key, { environment, location: { lat: 50, lon: 8, country } });
  await registerRegion(bed.system, registrationEnvelope(content, key));
  return key;
}

export const heartbeatEnvelope = (
  by: RegionKeyPair,
  beat: { name: string; sequence: number; at: Date } & Record<string, unknown>,
): DsseEnvelope =>
  signEnvelope(heartbeatType, canonicalBytes({ ...beat, at: beat.at.toISOString() }), [
    { id: by.id, key: by.privateKey },
  ]);
