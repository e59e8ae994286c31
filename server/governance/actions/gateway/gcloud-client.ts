import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { importPKCS8, SignJWT } from 'jose';
import { z } from 'zod';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { safeFetch } from '#kernel/http/safe-fetch.ts';
import { DriverAway, DriverRefused } from '../gateway.ts';

export interface GcloudConfig {
  project: string;
  zone: string;
  keyFile: string;
  endpoint?: string | undefined;
  now: () => Date;
}

const serviceAccount = z.object({
  type: z.literal('service_account'),
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
  token_uri: z.url().default('https://oauth2.googleapis.com/token'),
});
const tokenAnswer = z.object({ access_token: z.string(), expires_in: z.number() });
const scope = 'https://www.googleapis.com/auth/compute';

async function send(url: string, request: Parameters<typeof safeFetch>[1]) {
  try {
    return await safeFetch(url, {
      timeoutMs: 15_000,
      maxBytes: 4 * 1024 * 1024,
      maxRedirects: 0,
      ...request,
    });
  } catch (error) {
    if (error instanceof DomainError && error.kind === 'invalid')
      throw new DriverRefused(error.message, error);
    throw new DriverAway('Google Cloud cannot be reached.', error);
  }
}

const jsonOf = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8') || '{}');
  } catch {
    return {};
  }
};

/** A service account signs for itself and gets a token for an hour, which is used until shortly before its end. */
function tokens(config: GcloudConfig): () => Promise<string> {
  let kept: { token: string; until: number } | null = null;
  return async () => {
    const now = Math.floor(config.now().getTime() / 1000);
    if (kept && kept.until > now) return kept.token;
    let account: z.output<typeof serviceAccount>;
    try {
      account = serviceAccount.parse(JSON.parse(await readFile(config.keyFile, 'utf8')));
    } catch (error) {
      throw new DriverRefused('The key file of the service account cannot be read.', error);
    }
    const assertion = await new SignJWT({ scope })
      .setProtectedHeader({
        alg: 'RS256',
        typ: 'JWT',
        ...(account.private_key_id ? { kid: account.private_key_id } : {}),
      })
      .setIssuer(account.client_email)
      .setAudience(account.token_uri)
      .setIssuedAt(now)
      .setExpirationTime(now + 3600)
      .sign(await importPKCS8(account.private_key, 'RS256'));
    const { status, body } = await send(account.token_uri, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion,
      }).toString(),
    });
    if (status >= 500 || status === 429) throw new DriverAway(`Google’s token endpoint answered ${status}.`);
    const parsed = tokenAnswer.safeParse(jsonOf(body));
    if (status !== 200 || !parsed.success)
      throw new DriverRefused(`Google does not give this service account a token (${status}).`);
    kept = { token: parsed.data.access_token, until: now + parsed.data.expires_in - 60 };
    return kept.token;
  };
}

export type Compute = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<unknown>;

/** Null for 404. */
export function compute(config: GcloudConfig): Compute {
  const token = tokens(config);
  const base = `${(config.endpoint ?? 'https://compute.googleapis.com').replace(/\/$/, '')}/compute/v1/projects/${config.project}/zones/${config.zone}`;
  return async (method, path, body) => {
    const { status, body: answer } = await send(`${base}/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await token()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const found = jsonOf(answer);
    if (status === 404) return null;
    if (status >= 500 || status === 429) throw new DriverAway(`Google Cloud answered ${status}.`);
    if (status !== 200) {
      const reason = (found as { error?: { message?: unknown } }).error?.message;
      throw new DriverRefused(
        `Google Cloud said no (${status}): ${String(reason ?? 'no reason given').slice(0, 200)}`,
      );
    }
    return found;
  };
}

/** The API takes a UUID and has no second effect for the same one. */
export function requestId(key: string): string {
  const hex = createHash('sha256').update(key).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
