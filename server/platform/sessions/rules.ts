import { createHash } from 'node:crypto';

export const mappedRoles = ['admin', 'operator', 'approver', 'auditor'] as const;
export type MappedRole = (typeof mappedRoles)[number];

export interface AdmissionSettings {
  roleClaim: string;
  /** Null: the provider says nothing about roles here. */
  roleMap: ReadonlyMap<string, MappedRole> | null;
  domains: readonly string[];
  groups: readonly string[];
}
export type Claims = { [claim: string]: unknown };
export type Admission =
  | { admitted: true; roles: MappedRole[] | null; email: string | null }
  | { admitted: false; why: 'domain' | 'group' };

export const listOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map(part => part.trim())
    .filter(Boolean);

export function roleMapOf(text: string | undefined): ReadonlyMap<string, MappedRole> | null {
  const pairs = listOf(text).map(pair => {
    const at = pair.lastIndexOf('=');
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim() as MappedRole] as const;
  });
  return pairs.length > 0 ? new Map(pairs) : null;
}

/** A claim may be one word or a list of words; anything else is nothing. */
const valuesOf = (claim: unknown): string[] =>
  typeof claim === 'string'
    ? [claim]
    : Array.isArray(claim)
      ? claim.filter(value => typeof value === 'string')
      : [];

/** Every restriction that is set must hold. An address counts only if the provider says that it was verified. */
export function admissionOf(claims: Claims, settings: AdmissionSettings): Admission {
  const { email, email_verified: verified } = claims;
  const address = typeof email === 'string' && verified === true ? email.trim().toLowerCase() : null;
  const domain = /@([^@]+)$/.exec(address ?? '')?.[1];
  if (settings.domains.length > 0 && !settings.domains.some(d => d.toLowerCase() === domain))
    return { admitted: false, why: 'domain' };
  const values = valuesOf(claims[settings.roleClaim]);
  if (settings.groups.length > 0 && !settings.groups.some(group => values.includes(group)))
    return { admitted: false, why: 'group' };
  const { roleMap } = settings;
  const roles = roleMap ? mappedRoles.filter(role => values.some(v => roleMap.get(v) === role)) : null;
  return { admitted: true, roles, email: address };
}

/**
 * What a new account may be called: as the provider calls the person, and with a suffix where that name is taken. A name
 * that is taken is never opened: it belongs to whoever signs in with it.
 */
export function accountNames(claims: Claims, issuer: string, subject: string): [string, string] {
  const given = [claims.preferred_username, claims.email].find(v => typeof v === 'string') ?? 'person';
  const base =
    String(given)
      .split('@', 1)[0]
      ?.normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, '-')
      .slice(0, 40)
      .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '') ?? '';
  const name = base.length < 2 ? 'person' : base;
  const mark = createHash('sha256').update(`${issuer}\n${subject}`).digest('hex').slice(0, 8);
  return [name, `${name}-${mark}`];
}

export function displayNameOf(claims: Claims, fallback: string): string {
  const given = typeof claims.name === 'string' ? claims.name.replace(/[\p{Cc}\p{Cf}]/gu, '').trim() : '';
  return given.slice(0, 120) || fallback;
}
