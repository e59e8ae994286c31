import { z } from 'zod';
import { canonicalBytes, sha256Hex } from './canonical.ts';
import type { DsseEnvelope } from './dsse.ts';
import { type HybridRefusal, hybridRefusals, type TrustedKey, verifyHybrid } from './hybrid.ts';
import type { Signer } from './open-key.ts';
import { signHybrid } from './signer.ts';

/** in-toto Statement v1 as the payload of a DSSE envelope. */
export const statementType = 'application/vnd.in-toto+json';

/** That the console signed a file, and nothing else about it. */
export const fileSignature = 'urn:atom:file-signature:v1';

export const statement = z.object({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z
    .array(
      z.object({
        name: z.string().max(1000).optional(),
        digest: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
      }),
    )
    .min(1)
    .max(10_000),
  predicateType: z.string().regex(/^[a-z][a-z0-9+.-]*:\S+$/, 'A predicate type is a URI.'),
  predicate: z.record(z.string(), z.unknown()),
});
export type Statement = z.output<typeof statement>;

export interface Subject {
  name: string;
  content: Uint8Array;
}

export const subjectOf = ({ name, content }: Subject) => ({ name, digest: { sha256: sha256Hex(content) } });

/** Says something about `subjects`, under both signatures. The bytes signed are canonical, and are what is kept. */
export async function signStatement(
  signers: readonly Signer[],
  subjects: readonly Subject[],
  predicateType: string,
  predicate: Record<string, unknown>,
): Promise<DsseEnvelope> {
  const made = statement.parse({
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjects.map(subjectOf),
    predicateType,
    predicate,
  });
  return signHybrid(statementType, canonicalBytes(made), signers);
}

export const statementRefusals = {
  ...hybridRefusals,
  not_statement: 'What was signed is not an in-toto statement.',
  wrong_predicate: 'The statement says something else than what was asked for.',
  wrong_subject: 'The statement is about something else: the content differs from what was signed.',
} as const;
export type StatementRefusal = HybridRefusal | keyof typeof statementRefusals;

export type StatementVerified =
  | { ok: true; statement: Statement; keys: { classical: string; 'post-quantum': string } }
  | { ok: false; reason: StatementRefusal };

/** A hybrid statement of the wanted kind whose subject is exactly `content`. */
export function verifyStatement(
  envelope: DsseEnvelope,
  wanted: { predicateType: string; content: Uint8Array },
  keys: readonly TrustedKey[],
  at: Date,
): StatementVerified {
  const held = verifyHybrid(envelope, statementType, keys, at);
  if (!held.ok) return held;
  const read = readStatement(held.payload, wanted);
  return typeof read === 'string'
    ? { ok: false, reason: read }
    : { ok: true, statement: read, keys: held.keys };
}

/** What verified bytes say, if it is about `content` and of the wanted kind. */
export function readStatement(
  payload: Buffer,
  { predicateType, content }: { predicateType: string; content: Uint8Array },
): Statement | 'not_statement' | 'wrong_predicate' | 'wrong_subject' {
  const read = statement.safeParse(parse(payload));
  if (!read.success) return 'not_statement';
  if (read.data.predicateType !== predicateType) return 'wrong_predicate';
  const digest = sha256Hex(content);
  return read.data.subject.some(subject => subject.digest.sha256 === digest) ? read.data : 'wrong_subject';
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
