import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { env } from '../env/env.ts';
import { DomainError } from '../errors/domain-error.ts';
import { type SafeFetchDeps, type SafeResponse, safeFetch } from '../http/safe-fetch.ts';

/**
 * Vault's transit engine over HTTP: the private half never leaves Vault. Ed25519 and ECDSA P-256; transit has no stable
 * ML-DSA, so the post-quantum half stays in the console's own store.
 */
export interface TransitKey {
  /** `mount/name` */
  path: string;
  version: number;
  type: 'ed25519' | 'ecdsa-p256';
  publicKey: KeyObject;
}

export interface VaultSettings {
  address: string;
  token?: string | undefined;
  appRole?: { roleId: string; secretId: string } | undefined;
}

const failed = (code: string, message: string, cause?: unknown) =>
  new DomainError('unavailable', `vault.${code}`, message, {}, cause);

const login = z.object({
  auth: z.object({ client_token: z.string().min(1), lease_duration: z.number().min(0) }),
});
const keyAnswer = z.object({
  data: z.object({
    type: z.string(),
    latest_version: z.int().min(1),
    keys: z.record(z.string(), z.object({ public_key: z.string().min(1) })),
  }),
});
const signature = z.object({
  data: z.object({ signature: z.string().regex(/^vault:v\d+:[A-Za-z0-9+/]+=*$/) }),
});

/** `name`, or `mount/name`; nothing that could leave the path. */
export function transitPath(text: string): { mount: string; name: string } {
  const [, mount = 'transit', name] = /^(?:([\w-]+(?:\/[\w-]+)*)\/)?([\w.-]+)$/.exec(text) ?? [];
  if (name === undefined || /^\.+$/.test(name))
    throw new DomainError('invalid', 'vault.key_name', 'VAULT_TRANSIT_KEY is a name, or mount/name.');
  return { mount, name };
}

export function vaultSettings(): VaultSettings | null {
  const { VAULT_ADDR, VAULT_TOKEN, VAULT_ROLE_ID, VAULT_SECRET_ID } = env().vars;
  if (!VAULT_ADDR) return null;
  if (VAULT_TOKEN) return { address: VAULT_ADDR, token: VAULT_TOKEN };
  return VAULT_ROLE_ID && VAULT_SECRET_ID
    ? { address: VAULT_ADDR, appRole: { roleId: VAULT_ROLE_ID, secretId: VAULT_SECRET_ID } }
    : null;
}

export interface Vault {
  key(path: string, version?: number): Promise<TransitKey>;
  rotate(path: string): Promise<TransitKey>;
  sign(key: TransitKey, bytes: Uint8Array): Promise<Buffer>;
}

export function openVault(
  settings: VaultSettings,
  deps: SafeFetchDeps = {},
  now: () => number = () => performance.now(),
): Vault {
  let session: { token: string; until: number } | undefined;

  async function token(): Promise<string> {
    if (settings.token) return settings.token;
    if (session && session.until > now()) return session.token;
    if (!settings.appRole) throw failed('credentials', 'Vault needs VAULT_TOKEN, or an AppRole.');
    const { roleId, secretId } = settings.appRole;
    const answer = await call('POST', 'auth/approle/login', { role_id: roleId, secret_id: secretId }, null);
    const { auth } = read(login, answer);
    // Renewed at half its life, so that no call is made with a token about to lapse.
    session = { token: auth.client_token, until: now() + auth.lease_duration * 500 };
    return auth.client_token;
  }

  async function call(
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
    bearer: string | null,
  ): Promise<SafeResponse> {
    const answer = await safeFetch(
      `${settings.address.replace(/\/+$/, '')}/v1/${path}`,
      {
        method,
        timeoutMs: 5000,
        maxRedirects: 1,
        maxBytes: 256 * 1024,
        headers: {
          ...(bearer === null ? {} : { 'x-vault-token': bearer }),
          'x-vault-request': 'true',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      deps,
    );
    if (answer.status === 403) {
      session = undefined;
      throw failed(
        'denied',
        `Vault refuses ${path}: the token is not good, or its policy does not allow it.`,
      );
    }
    if (answer.status === 404) throw failed('no_key', `Vault has nothing at ${path}.`);
    if (answer.status === 503) throw failed('sealed', 'Vault is sealed or in maintenance.');
    if (answer.status >= 300) throw failed('refused', `Vault answers ${answer.status} to ${path}.`);
    return answer;
  }

  const ask = async (method: 'GET' | 'POST', path: string, body?: unknown) =>
    call(method, path, body, await token());

  async function key(path: string, version?: number): Promise<TransitKey> {
    const { mount, name } = transitPath(path);
    const { data } = read(keyAnswer, await ask('GET', `${mount}/keys/${name}`));
    const { type } = data;
    if (type !== 'ed25519' && type !== 'ecdsa-p256')
      throw failed('kind', `Vault’s key ${path} is of type ${type}; ed25519 or ecdsa-p256 is needed.`);
    const wanted = version ?? data.latest_version;
    const found = data.keys[String(wanted)];
    if (!found) throw failed('no_version', `Vault’s key ${path} has no version ${wanted}.`);
    return { path, version: wanted, type, publicKey: readTransitKey(type, found.public_key) };
  }

  return {
    key,
    rotate: async path => {
      const { mount, name } = transitPath(path);
      await ask('POST', `${mount}/keys/${name}/rotate`);
      return key(path);
    },
    sign: async (by, bytes) => {
      const { mount, name } = transitPath(by.path);
      const answer = await ask(
        'POST',
        `${mount}/sign/${name}${by.type === 'ecdsa-p256' ? '/sha2-256' : ''}`,
        {
          input: Buffer.from(bytes).toString('base64'),
          key_version: by.version,
          prehashed: false,
          ...(by.type === 'ecdsa-p256' ? { marshaling_algorithm: 'asn1' } : {}),
        },
      );
      const [, version, encoded = ''] = read(signature, answer).data.signature.split(':');
      if (version !== `v${by.version}`)
        throw failed('wrong_version', `Vault signed with ${version} of ${by.path}, not with v${by.version}.`);
      return Buffer.from(encoded, 'base64');
    },
  };
}

/** Vault gives ECDSA keys as PEM, and Ed25519 keys as their 32 bytes in base64. */
function readTransitKey(type: TransitKey['type'], text: string): KeyObject {
  try {
    if (type === 'ecdsa-p256') return createPublicKey(text);
    const x = Buffer.from(text, 'base64').toString('base64url');
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  } catch (error) {
    throw failed('key_form', 'Vault’s answer has no readable public key.', error);
  }
}

function read<T>(schema: z.ZodType<T>, { body }: SafeResponse): T {
  try {
    return schema.parse(JSON.parse(body.toString('utf8')));
  } catch (error) {
    throw failed('answer', 'Vault’s answer does not have the expected form.', error);
  }
}
