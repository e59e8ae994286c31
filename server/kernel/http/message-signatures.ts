import { createHash, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { rawSignature } from '../signing/ecdsa.ts';

/**
 * HTTP Message Signatures (RFC 9421) with Ed25519 and ECDSA P-256, and the digest of the body (RFC 9530). What is covered is
 * named in the signature itself; whoever verifies says what must be covered.
 */
export interface Message {
  /** Absent for an answer. */
  method?: string;
  /** Of the request; an answer has none of its own. */
  url?: URL;
  status?: number;
  header(name: string): string | undefined;
  body: Uint8Array;
}

export interface SigningKey {
  keyid: string;
  key: KeyObject;
}

export const algorithms = { ed25519: 'ed25519', ec: 'ecdsa-p256-sha256' } as const;

export const contentDigest = (body: Uint8Array): string =>
  `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;

export interface Parameters {
  created?: number;
  expires?: number;
  nonce?: string;
  keyid?: string;
  alg?: string;
  tag?: string;
}

const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** In the order in which they are given: the order is part of what is signed. */
function serialise(components: readonly string[], parameters: Parameters): string {
  const named = Object.entries(parameters).map(([name, value]) =>
    typeof value === 'number' ? `;${name}=${value}` : `;${name}=${quoted(String(value))}`,
  );
  return `(${components.map(quoted).join(' ')})${named.join('')}`;
}

/** The lines that are signed (RFC 9421, 2.5); null where something that is to be covered is not there. */
export function signatureBase(message: Message, components: readonly string[], input: string): string | null {
  const lines: string[] = [];
  for (const name of components) {
    const value = componentOf(message, name);
    if (value === undefined) return null;
    lines.push(`${quoted(name)}: ${value}`);
  }
  return [...lines, `"@signature-params": ${input}`].join('\n');
}

function componentOf(message: Message, name: string): string | undefined {
  if (!name.startsWith('@'))
    return message
      .header(name)
      ?.trim()
      .replaceAll(/\s*\r?\n\s*/g, ' ');
  const { method, url, status } = message;
  switch (name) {
    case '@method':
      return method;
    case '@authority':
      return url?.host.toLowerCase();
    case '@path':
      return url?.pathname;
    case '@query':
      return url && (url.search || '?');
    case '@target-uri':
      return url?.href;
    case '@scheme':
      return url?.protocol.slice(0, -1);
    case '@status':
      return status === undefined ? undefined : String(status);
    default:
      return undefined;
  }
}

function signBase(key: KeyObject, base: string): Buffer {
  const bytes = Buffer.from(base, 'utf8');
  return key.asymmetricKeyType === 'ec'
    ? sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' })
    : sign(null, bytes, key);
}

export function verifyBase(key: KeyObject, base: string, signature: Uint8Array): boolean {
  const bytes = Buffer.from(base, 'utf8');
  try {
    return key.asymmetricKeyType === 'ec'
      ? verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signature)
      : verify(null, bytes, key, signature);
  } catch {
    return false;
  }
}

/** The two headers for exactly these components and parameters. */
export function signMessage(
  message: Message,
  { key }: Pick<SigningKey, 'key'>,
  components: readonly string[],
  parameters: Parameters,
  label = 'sig1',
): { 'signature-input': string; signature: string } {
  const input = serialise(components, parameters);
  const base = signatureBase(message, components, input);
  if (base === null) throw new Error('Something that is to be signed is not in the message.');
  return {
    'signature-input': `${label}=${input}`,
    signature: `${label}=:${signBase(key, base).toString('base64')}:`,
  };
}

const ofRequest = ['@method', '@target-uri', 'content-digest', 'content-type'] as const;
const ofAnswer = ['@status', 'content-digest', 'content-type'] as const;

/** Headers for a request between regions or consoles: digest, time, nonce and signature. */
export function signRequest(
  request: { method: string; url: string; body: Uint8Array; contentType?: string },
  by: SigningKey,
  now: Date,
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': request.contentType ?? 'application/json',
    'content-digest': contentDigest(request.body),
  };
  const url = new URL(request.url);
  const message: Message = { method: request.method, url, body: request.body, header: name => headers[name] };
  return { ...headers, ...signMessage(message, by, ofRequest, parametersOf(by, now)) };
}

/** A key that may lie elsewhere, in a file or in Vault. */
export interface DistantKey {
  keyid: string;
  publicKey: KeyObject;
  sign(bytes: Buffer): Promise<Buffer>;
}

async function signDistant(
  message: Message,
  by: DistantKey,
  components: readonly string[],
  now: Date,
  nonce?: string,
): Promise<Record<string, string>> {
  const input = serialise(components, parametersOf({ keyid: by.keyid, key: by.publicKey }, now, nonce));
  const base = signatureBase(message, components, input);
  if (base === null) throw new Error('Something that is to be signed is not in the message.');
  const made = await by.sign(Buffer.from(base, 'utf8'));
  const signature = by.publicKey.asymmetricKeyType === 'ec' ? rawSignature(made) : made;
  return { 'signature-input': `sig1=${input}`, signature: `sig1=:${signature.toString('base64')}:` };
}

/** As `signRequest`, by a key that is not held here. */
export async function signRequestBy(
  request: { method: string; url: string; body: Uint8Array },
  by: DistantKey,
  now: Date,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'content-digest': contentDigest(request.body),
  };
  const message = { ...request, url: new URL(request.url), header: (name: string) => headers[name] };
  return { ...headers, ...(await signDistant(message, by, ofRequest, now)) };
}

/** As `signAnswer`, by a key that is not held here. */
export async function signAnswerBy(
  answer: { status: number; body: Uint8Array; contentType: string },
  by: DistantKey,
  now: Date,
  nonce?: string,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = {
    'content-type': answer.contentType,
    'content-digest': contentDigest(answer.body),
  };
  const message = { ...answer, header: (name: string) => headers[name] };
  return { ...headers, ...(await signDistant(message, by, ofAnswer, now, nonce)) };
}

/** The same for an answer, bound to the nonce that its request carried where it carried one. */
export function signAnswer(
  answer: { status: number; body: Uint8Array; contentType: string },
  by: SigningKey,
  now: Date,
  nonce?: string,
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': answer.contentType,
    'content-digest': contentDigest(answer.body),
  };
  const message: Message = { status: answer.status, body: answer.body, header: name => headers[name] };
  return { ...headers, ...signMessage(message, by, ofAnswer, parametersOf(by, now, nonce)) };
}

const parametersOf = ({ keyid, key }: SigningKey, now: Date, nonce?: string): Parameters => ({
  created: Math.floor(now.getTime() / 1000),
  nonce: nonce ?? randomBytes(18).toString('base64url'),
  alg: key.asymmetricKeyType === 'ec' ? algorithms.ec : algorithms.ed25519,
  keyid,
});

export const signatureRefusals = {
  unsigned: 'The message carries no signature.',
  malformed: 'Signature-Input or Signature is not well formed.',
  not_covered: 'The signature leaves out something that must be covered.',
  unknown_key: 'The key that it names is not known here.',
  wrong_algorithm: 'It names another algorithm than its key is of.',
  digest: 'The body differs from its digest.',
  too_old: 'It was made too long ago, or in the future.',
  bad_signature: 'The signature does not fit the message.',
  replayed: 'This message was received before.',
} as const;
export type SignatureRefusal = keyof typeof signatureRefusals;

export type MessageVerified =
  | { ok: true; keyid: string; nonce: string; created: Date }
  | { ok: false; reason: SignatureRefusal };

export interface VerifyOptions {
  key(keyid: string): KeyObject | null;
  now: Date;
  maxAgeSeconds?: number;
  /** True the first time that a nonce is shown; absent where the answer is bound otherwise. */
  fresh?(keyid: string, nonce: string): Promise<boolean>;
}

/** The first signature of the message, over everything that makes it what it is. */
export async function verifyMessage(message: Message, options: VerifyOptions): Promise<MessageVerified> {
  const refused = (reason: SignatureRefusal) => ({ ok: false, reason }) as const;
  const given = message.header('signature-input');
  const signature = message.header('signature');
  if (!given || !signature) return refused('unsigned');
  const parsed = parseInput(given);
  const bytes = parsed && signatureOf(signature, parsed.label);
  if (!parsed || !bytes) return refused('malformed');
  const { components, parameters, input } = parsed;
  const wanted = message.status === undefined ? ofRequest : ofAnswer;
  const { created, nonce, keyid, alg, expires } = parameters;
  if (!wanted.every(name => components.includes(name)) || !created || !nonce || !keyid)
    return refused('not_covered');
  const key = options.key(keyid);
  if (!key) return refused('unknown_key');
  const own = key.asymmetricKeyType === 'ec' ? algorithms.ec : algorithms.ed25519;
  if (alg !== undefined && alg !== own) return refused('wrong_algorithm');
  const base = signatureBase(message, components, input);
  if (base === null) return refused('not_covered');
  if (!verifyBase(key, base, bytes)) return refused('bad_signature');
  if (message.header('content-digest') !== contentDigest(message.body)) return refused('digest');
  const now = options.now.getTime() / 1000;
  if (Math.abs(now - created) > (options.maxAgeSeconds ?? 300)) return refused('too_old');
  if (expires !== undefined && expires < now) return refused('too_old');
  if (options.fresh && !(await options.fresh(keyid, nonce))) return refused('replayed');
  return { ok: true, keyid, nonce, created: new Date(created * 1000) };
}

export interface ParsedInput {
  label: string;
  components: string[];
  parameters: Parameters;
  /** As it was sent: that is what was signed. */
  input: string;
}

/** The first member of a `Signature-Input` dictionary, as far as this profile needs it. */
export function parseInput(header: string): ParsedInput | null {
  const found =
    /^\s*([a-z*][a-z0-9_.*-]*)=(\(((?:"[^"\\]*"\s*)*)\)((?:;[a-z*][a-z0-9_.*-]*=(?:"(?:[^"\\]|\\["\\])*"|-?\d{1,15}))*))/.exec(
      header,
    );
  if (!found) return null;
  const [, label = '', input = '', list = '', rest = ''] = found;
  const parameters: Record<string, string | number> = {};
  for (const [, name = '', text, number] of rest.matchAll(
    /;([a-z*][a-z0-9_.*-]*)=(?:"((?:[^"\\]|\\["\\])*)"|(-?\d{1,15}))/g,
  ))
    parameters[name] = text === undefined ? Number(number) : text.replaceAll(/\\(["\\])/g, '$1');
  const components = [...list.matchAll(/"([^"\\]*)"/g)].map(match => match[1] ?? '');
  if (new Set(components).size !== components.length) return null;
  return { label, components, parameters: parameters as Parameters, input };
}

function signatureOf(header: string, label: string): Buffer | null {
  const members = header.split(',').map(part => part.trim());
  const own = members.find(part => part.startsWith(`${label}=:`) && part.endsWith(':'));
  return own ? Buffer.from(own.slice(label.length + 2, -1), 'base64') : null;
}
