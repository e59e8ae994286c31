import { parseArgs } from 'node:util';
import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { readPublicKey } from '#kernel/signing/algorithm.ts';
import { dsseEnvelope } from '#kernel/signing/dsse.ts';
import { type TrustedKey, trustedKeys } from '#kernel/signing/signer.ts';
import { verifyBundle } from '#kernel/signing/sigstore-bundle.ts';
import {
  fileSignature,
  readStatement,
  type StatementRefusal,
  statementRefusals,
  verifyStatement,
} from '#kernel/signing/statement.ts';
import type { Verb } from './catalogue.ts';
import { contentOf } from './sign.ts';

const usage = 'verify FILE [--bundle FILE] [--key PEM]';
type Verdict = { by: string } | { refused: StatementRefusal };

export const verifyVerb: Verb = {
  name: 'verify',
  usage,
  summary: 'Verify a signed file; with --key offline, without a console',
  run: async words => {
    const args = wordsOf(words);
    if (!args) {
      console.error(`Name one file: npm run atom -- ${usage}`);
      return 2;
    }
    const content = contentOf(args.file);
    const signature = content && contentOf(args.bundle ?? `${args.file}.dsse.json`);
    if (!content || !signature) return 1;
    const keys = args.keys.length > 0 ? givenKeys(args.keys) : await trustedKeys(consoleDatabase());
    if (!keys) return 1;
    const verdict = judge(content, parse(signature), keys);
    if ('refused' in verdict) {
      console.error(`${args.file} is refused (${verdict.refused}): ${statementRefusals[verdict.refused]}`);
      return 1;
    }
    console.log(`${args.file} is verified: signed by ${verdict.by}.`);
    return 0;
  },
};

/** A hybrid envelope must hold twice; a sigstore bundle cannot carry more than the classical half, and that is said. */
function judge(content: Buffer, signature: unknown, keys: readonly TrustedKey[]): Verdict {
  const wanted = { predicateType: fileSignature, content };
  const name = (id: string) => `${keys.find(k => k.id === id)?.algorithm} ${id.slice(0, 16)}`;
  const now = systemClock.now();
  if (typeof signature === 'object' && signature !== null && 'mediaType' in signature) {
    const held = verifyBundle(signature, content, keys, now);
    if (!held.ok) return { refused: held.reason };
    const said = held.payload === content ? null : readStatement(held.payload, wanted);
    return typeof said === 'string'
      ? { refused: said }
      : { by: `${name(held.key)}, the classical half only, which is all that a sigstore bundle holds` };
  }
  const envelope = dsseEnvelope.safeParse(signature);
  if (!envelope.success) return { refused: 'malformed' };
  const held = verifyStatement(envelope.data, wanted, keys, now);
  return held.ok
    ? { by: `${name(held.keys.classical)} and ${name(held.keys['post-quantum'])}` }
    : { refused: held.reason };
}

/** Public keys in PEM, any number a file. */
function givenKeys(paths: readonly string[]): TrustedKey[] | null {
  const keys: TrustedKey[] = [];
  for (const path of paths) {
    const text = contentOf(path)?.toString('utf8');
    if (text === undefined) return null;
    const blocks = text.match(/-----BEGIN PUBLIC KEY-----[\s\S]+?-----END PUBLIC KEY-----/g) ?? [];
    const read = blocks.map(readPublicKey);
    if (read.length === 0 || read.includes(null)) {
      console.error(`${path} holds no public key in PEM of Ed25519, ECDSA P-256 or ML-DSA-65.`);
      return null;
    }
    keys.push(...read.filter(key => key !== null));
  }
  return keys;
}

function wordsOf(words: string[]): { file: string; bundle: string | undefined; keys: string[] } | null {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      options: { bundle: { type: 'string' }, key: { type: 'string', multiple: true } },
      allowPositionals: true,
    });
    const [file, ...more] = positionals;
    return file === undefined || more.length > 0
      ? null
      : { file, bundle: values.bundle, keys: values.key ?? [] };
  } catch {
    return null;
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}
