import { createHash } from 'node:crypto';
import { decodeClientDataJSON, parseAuthenticatorData } from '@simplewebauthn/server/helpers';
import type { Assertion, FactorMethod } from './schema.ts';

/** The relying party: what a passkey is bound to. */
export interface RelyingParty {
  id: string;
  origin: string;
}
export type RelyingPartyOf = { possible: true; rp: RelyingParty } | { possible: false; why: string };

/**
 * A passkey belongs to a name under HTTPS, or to localhost. Browsers refuse everything else, an IP address even under
 * HTTPS, so the page says it before they do.
 */
export function relyingParty(publicUrl: string): RelyingPartyOf {
  const { protocol, hostname, origin, port } = new URL(publicUrl);
  const local = hostname === 'localhost' || hostname.endsWith('.localhost');
  // The URL standard has brought every spelling of an IPv4 address into this one.
  if (/^(\d+\.){3}\d+$|^\[/.test(hostname))
    return {
      possible: false,
      why: `Passkeys cannot belong to an IP address, and people reach this console at ${origin}. Give it a name: set PUBLIC_URL to https://NAME, or on this machine to http://localhost${port ? `:${port}` : ''}.`,
    };
  if (protocol !== 'https:' && !local)
    return {
      possible: false,
      why: `Passkeys need HTTPS, and people reach this console at ${origin}. Put it behind TLS and set PUBLIC_URL to https://${hostname}.`,
    };
  return { possible: true, rp: { id: hostname, origin } };
}

export type AssertionRefusal = 'malformed' | 'challenge' | 'origin' | 'relying_party' | 'unverified';

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/**
 * What is wrong with an assertion before its signature is looked at, so that a refusal can say which. The library checks
 * the same again together with the signature; only that decides that something is right.
 */
export function refusalOf(given: Assertion, challenge: Buffer, rp: RelyingParty): AssertionRefusal | null {
  try {
    const client = decodeClientDataJSON(given.response.clientDataJSON);
    const data = parseAuthenticatorData(Uint8Array.from(fromBase64url(given.response.authenticatorData)));
    if (client.type !== 'webauthn.get' || given.id !== given.rawId) return 'malformed';
    if (client.challenge !== challenge.toString('base64url')) return 'challenge';
    if (client.origin !== rp.origin || client.crossOrigin === true || client.topOrigin) return 'origin';
    if (!sha256(rp.id).equals(Buffer.from(data.rpIdHash))) return 'relying_party';
    return data.flags.up && data.flags.uv ? null : 'unverified';
  } catch {
    return 'malformed';
  }
}

const fromBase64url = (text: string) => Buffer.from(text, 'base64url');

/** The account's id as a passkey carries it: sixteen bytes that say nothing about the person. */
export const userHandleOf = (userId: string): Buffer => Buffer.from(userId.replaceAll('-', ''), 'hex');

export function userIdOf(handle: string): string | null {
  const hex = fromBase64url(handle).toString('hex');
  const parts = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(hex);
  return parts ? parts.slice(1).join('-') : null;
}

/** RFC 9470 in the words of OpenID's EAP profile: `phr` is phishing-resistant, which a typed code is not. */
export const acrValuesOf = (enough: readonly FactorMethod[]): string[] =>
  enough.some(method => method !== 'passkey') ? ['mfa'] : ['phr'];

/**
 * The last factor goes only while a recovery code is left: with neither, a stolen password alone would be enough again
 * without anybody having decided so.
 */
export const mayRemove = (state: { factors: number; recoveryCodes: number }): boolean =>
  state.factors > 1 || state.recoveryCodes > 0;
