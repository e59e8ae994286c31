import { createHash } from 'node:crypto';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';
import { parseAllowedHosts } from '../http/address-ranges.ts';
import { type SafeRequest, safeFetch } from '../http/safe-fetch.ts';

/** How this console is known at a provider. */
export interface OidcClient {
  issuer: string;
  clientId: string;
  clientSecret: string | undefined;
  redirectUri: string;
  scopes: string;
}

const metadata = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  userinfo_endpoint: z.url().optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).default(['client_secret_basic']),
  authorization_response_iss_parameter_supported: z.boolean().default(false),
});
export type ProviderMetadata = z.output<typeof metadata>;

const tokens = z.object({ id_token: z.string().max(64_000), access_token: z.string().optional() });

/** Asymmetric only: with a shared secret anybody who knows the client's could write tokens. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** How far the provider's clock may be off. */
const toleranceSeconds = 10;

const refused = (code: string, message: string) =>
  new DomainError('unauthenticated', `oidc.${code}`, message);
const unavailable = (message: string, cause?: unknown) =>
  new DomainError('unavailable', 'oidc.unavailable', message, {}, cause);

/** What a provider names is called only where the issuer itself is, or where anybody may call. */
async function call(client: OidcClient, url: string, request: SafeRequest): Promise<unknown> {
  const { hostname } = new URL(client.issuer);
  const response = await safeFetch(
    url,
    { timeoutMs: 5000, maxBytes: 256_000, maxRedirects: 0, ...request },
    { allowed: parseAllowedHosts(hostname.replace(/^\[|\]$/g, '')) },
  ).catch(error => {
    throw unavailable('The provider does not answer. Try again, or sign in another way.', error);
  });
  const text = response.body.toString();
  if (response.status !== 200)
    throw response.status >= 500
      ? unavailable('The provider fails at the moment. Try again, or sign in another way.')
      : refused('exchange_refused', 'The provider refused the exchange. Sign in again.');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unavailable('The provider did not answer with JSON.', error);
  }
}

const keptMs = 10 * 60_000;
const kept = new Map<string, { at: number; metadata: ProviderMetadata; keys: JSONWebKeySet }>();

/** OpenID Connect Discovery: what it says must be said by the very issuer that was configured. */
export async function discover(client: OidcClient, now: Date, afresh = false) {
  const known = kept.get(client.issuer);
  if (known && !afresh && Math.abs(now.getTime() - known.at) < keptMs) return known;
  const at = `${client.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const found = metadata.safeParse(await call(client, at, {}));
  if (!found.success) throw unavailable('The provider describes itself in a way that cannot be used.');
  if (found.data.issuer !== client.issuer)
    throw refused('issuer_wrong', 'The provider names itself otherwise than OIDC_ISSUER does.');
  const keys = (await call(client, found.data.jwks_uri, {})) as JSONWebKeySet;
  if (!Array.isArray(keys.keys)) throw unavailable('The provider publishes no keys.');
  const entry = { at: now.getTime(), metadata: found.data, keys };
  kept.set(client.issuer, entry);
  return entry;
}

export interface Visit {
  state: string;
  nonce: string;
  verifier: string;
}

export function authorizationUrl(provider: ProviderMetadata, client: OidcClient, visit: Visit): string {
  const url = new URL(provider.authorization_endpoint);
  const challenge = createHash('sha256').update(visit.verifier).digest('base64url');
  for (const [name, value] of Object.entries({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    scope: [...new Set(['openid', ...client.scopes.split(/\s+/).filter(Boolean)])].join(' '),
    state: visit.state,
    nonce: visit.nonce,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  }))
    url.searchParams.set(name, value);
  return url.toString();
}

/** RFC 9207: a provider that says who it is in its answer says so truly, or somebody mixed two up. */
export function checkAnswerIssuer(provider: ProviderMetadata, given: string | null): void {
  const missing = given === null && provider.authorization_response_iss_parameter_supported;
  if (missing || (given !== null && given !== provider.issuer))
    throw refused('issuer_wrong', 'The answer came from another provider than the one asked.');
}

/** The code for tokens, and the claims of a token that holds in every respect; what userinfo adds is added. */
export async function redeem(
  client: OidcClient,
  code: string,
  visit: Pick<Visit, 'nonce' | 'verifier'>,
  now: Date,
): Promise<JWTPayload & { sub: string }> {
  const { metadata: provider } = await discover(client, now);
  const given = tokens.safeParse(
    await call(client, provider.token_endpoint, exchange(provider, client, code, visit)),
  );
  if (!given.success) throw refused('token_missing', 'The provider sent no identity token.');
  const claims = await verifyIdToken(client, given.data.id_token, visit.nonce, now);
  if (!provider.userinfo_endpoint || !given.data.access_token) return claims;
  const more = (await call(client, provider.userinfo_endpoint, {
    headers: { authorization: `Bearer ${given.data.access_token}` },
  })) as JWTPayload;
  if (more.sub !== claims.sub)
    throw refused('subject_differs', 'The provider answered about two different people.');
  return { ...more, ...claims };
}

function exchange(
  provider: ProviderMetadata,
  client: OidcClient,
  code: string,
  visit: Pick<Visit, 'verifier'>,
): SafeRequest {
  const fields = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: client.redirectUri,
    code_verifier: visit.verifier,
  });
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
  const byHeader = provider.token_endpoint_auth_methods_supported.includes('client_secret_basic');
  if (client.clientSecret && byHeader) {
    const formed = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');
    const pair = `${formed(client.clientId)}:${formed(client.clientSecret)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  } else {
    fields.set('client_id', client.clientId);
    if (client.clientSecret) fields.set('client_secret', client.clientSecret);
  }
  return { method: 'POST', headers, body: fields.toString() };
}

/** OpenID Connect Core 3.1.3.7. Keys are fetched again once, since a provider may have changed them meanwhile. */
async function verifyIdToken(client: OidcClient, token: string, nonce: string, now: Date) {
  const verify = async (keys: JSONWebKeySet) =>
    jwtVerify(token, createLocalJWKSet(keys), {
      algorithms,
      issuer: client.issuer,
      audience: client.clientId,
      currentDate: now,
      clockTolerance: toleranceSeconds,
      requiredClaims: ['sub', 'exp', 'iat', 'nonce'],
    });
  const { payload } = await verify((await discover(client, now)).keys)
    .catch(async error => {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return verify((await discover(client, now, true)).keys);
    })
    .catch(error => {
      throw tokenRefused(error);
    });
  if (payload.nonce !== nonce)
    throw refused('nonce_wrong', 'The identity token was made for another sign-in. Sign in again.');
  const several = Array.isArray(payload.aud) && payload.aud.length > 1;
  if ((several || payload.azp !== undefined) && payload.azp !== client.clientId)
    throw refused('audience_wrong', 'The identity token was made for another application.');
  if (!payload.sub) throw refused('token_invalid', 'The identity token names nobody.');
  return { ...payload, sub: payload.sub };
}

function tokenRefused(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof errors.JWTExpired)
    return refused('token_expired', 'The identity token has expired. Sign in again.');
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return refused('issuer_wrong', 'The identity token is of another provider.');
    if (error.claim === 'aud')
      return refused('audience_wrong', 'The identity token was made for another application.');
    if (error.claim === 'nonce')
      return refused('nonce_wrong', 'The identity token was made for another sign-in. Sign in again.');
  }
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey)
    return refused('signature_wrong', 'The identity token is not signed by the provider.');
  return refused('token_invalid', 'The identity token does not hold.');
}
