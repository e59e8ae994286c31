import * as crypto from 'node:crypto';

/**
 * argon2id where this Node has it (24.7 on), scrypt elsewhere: Node 24.0 is a supported runtime and an import that is
 * not there would keep the whole console from starting. The parameters travel with the hash; a hash of another kind or
 * with other costs is replaced at the next sign-in.
 */
type Scheme = 'argon2id' | 'scrypt';

export const preferred: Scheme = typeof crypto.argon2 === 'function' ? 'argon2id' : 'scrypt';

/** OWASP's recommendations: 19 MiB and two passes, or 128 MiB. */
const argon2Cost = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const scryptCost = { N: 2 ** 17, r: 8, p: 1 } as const;
const keyBytes = 32;

const heads: Record<Scheme, string> = {
  argon2id: `$argon2id$v=19$m=${argon2Cost.memory},t=${argon2Cost.passes},p=${argon2Cost.parallelism}$`,
  scrypt: `$scrypt$ln=${Math.log2(scryptCost.N)},r=${scryptCost.r},p=${scryptCost.p}$`,
};

export async function hashPassword(password: string, scheme: Scheme = preferred): Promise<string> {
  const salt = crypto.randomBytes(16);
  const key =
    scheme === 'argon2id'
      ? await argon2id(password, salt, argon2Cost)
      : await scrypt(password, salt, scryptCost);
  return `${heads[scheme]}${b64(salt)}$${b64(key)}`;
}

export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const parts =
    /^\$(argon2id)\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(stored) ??
    /^\$(scrypt)\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(stored);
  if (!parts) return false;
  const [first = 0, second = 0, third = 0] = parts.slice(2, 5).map(Number);
  const salt = Buffer.from(parts[5] ?? '', 'base64');
  const expected = Buffer.from(parts[6] ?? '', 'base64');
  const actual =
    parts[1] === 'argon2id'
      ? await argon2id(password, salt, { memory: first, passes: second, parallelism: third })
      : await scrypt(password, salt, { N: 2 ** first, r: second, p: third });
  return actual.length === expected.length && crypto.timingSafeEqual(actual, expected);
}

/** Stands in the place of a hash where an account is opened by a provider only: no password verifies against it. */
export const noPassword = '!';

export const needsRehash = (stored: string): boolean => !stored.startsWith(heads[preferred]);

let decoy: Promise<string> | undefined;

/** An unknown name costs as much time as a known one. */
export async function verifyNobody(password: string): Promise<false> {
  decoy ??= hashPassword('nobody');
  await verifyPassword(password, await decoy);
  return false;
}

function argon2id(
  password: string,
  nonce: Buffer,
  cost: { memory: number; passes: number; parallelism: number },
): Promise<Buffer> {
  if (preferred !== 'argon2id')
    throw new Error('This password was hashed by a newer Node: run this console on Node 24.7 or later.');
  return oneOfFew(done =>
    crypto.argon2('argon2id', { message: bytesOf(password), nonce, ...cost, tagLength: keyBytes }, done),
  );
}

const scrypt = (password: string, salt: Buffer, cost: { N: number; r: number; p: number }): Promise<Buffer> =>
  oneOfFew(done =>
    crypto.scrypt(bytesOf(password), salt, keyBytes, { ...cost, maxmem: 256 * cost.N * cost.r }, done),
  );

// Two at a time: a burst of sign-ins must take neither all memory nor every thread of the pool.
const limit = 2;
const waiting: (() => void)[] = [];
let running = 0;

async function oneOfFew(start: (done: (error: Error | null, key: Buffer) => void) => void): Promise<Buffer> {
  if (running < limit) running += 1;
  else await new Promise<void>(resolve => waiting.push(resolve));
  try {
    return await new Promise((resolve, reject) =>
      start((error, key) => (error ? reject(error) : resolve(key))),
    );
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

/** The same characters typed on another keyboard are the same password. */
const bytesOf = (password: string) => Buffer.from(password.normalize('NFKC'), 'utf8');
const b64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
