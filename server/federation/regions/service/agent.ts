import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { signRequest } from '#kernel/http/message-signatures.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { type DsseEnvelope, signEnvelope } from '#kernel/signing/dsse.ts';
import { keyIdOf } from '../rules.ts';
import { heartbeat, heartbeatType, type Registration, registration, registrationType } from '../schema.ts';

/** What a real region needs to speak to a registry: a key file, a signature, a request. No database, no console. */
export interface AgentKey {
  id: string;
  key: KeyObject;
  pem: string;
}

export const newKeyFile = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

export function openKeyFile(pem: string): AgentKey {
  const key = createPrivateKey(pem);
  const publicKey = createPublicKey(key);
  return { key, id: keyIdOf(publicKey), pem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

/** `former` is the key that the registry knows: its signature lets the new one speak. */
export function signedRegistration(
  content: Omit<Registration, 'keys'>,
  key: AgentKey,
  former?: AgentKey,
): DsseEnvelope {
  const body = registration.parse({ ...content, keys: [key.pem] });
  return signEnvelope(registrationType, canonicalBytes(body), [key, ...(former ? [former] : [])]);
}

export const signedHeartbeat = (
  name: string,
  key: AgentKey,
  now: Date,
  more: Record<string, unknown> = {},
): DsseEnvelope =>
  signEnvelope(
    heartbeatType,
    canonicalBytes(heartbeat.parse({ name, sequence: now.getTime(), at: now.toISOString(), ...more })),
    [key],
  );

export interface Sent {
  status: number;
  body: Record<string, unknown>;
}

/** The envelope speaks for its content; the message signature binds it to this registry and this moment. */
export async function send(
  registry: string,
  path: string,
  envelope: DsseEnvelope,
  key: AgentKey,
  now: Date,
  token?: string,
): Promise<Sent> {
  const url = new URL(path, registry).href;
  const body = Buffer.from(JSON.stringify(envelope));
  const headers = signRequest({ method: 'POST', url, body }, { keyid: key.id, key: key.key }, now);
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body,
    signal: AbortSignal.timeout(10_000),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
