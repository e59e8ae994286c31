import { conflict, DomainError, type FieldIssue, invalid, notFound } from '#kernel/errors/domain-error.ts';

export const noSuchPolicy = (id: string) => notFound('policy', id);
export const noSuchVersion = (id: string, version: number) => notFound('policy version', `${id}@${version}`);

const refusals = {
  unsigned: [
    'unauthenticated',
    'A policy is published signed: as a DSSE envelope by a key that this console trusts, or by a person who is signed in.',
  ],
  malformed: [
    'unprocessable',
    'The envelope is not well-formed DSSE: payload and signatures must be base64.',
  ],
  wrong_type: [
    'unprocessable',
    'The envelope has another payload type than application/vnd.atom.policy+json.',
  ],
  wrong_key: ['unprocessable', 'No signature was made by a key that may publish here.'],
  tampered: ['unprocessable', 'The signature does not fit the payload: it was changed after signing.'],
  expired: ['unprocessable', 'The key that signed was rotated away and is not accepted any more.'],
  revoked: ['unprocessable', 'The key that signed was revoked.'],
} as const;
export type PublishRefusal = keyof typeof refusals;

export const publishRefused = (reason: PublishRefusal) =>
  new DomainError(refusals[reason][0], `policy.${reason}`, refusals[reason][1], { reason });

export const badPolicy = (issues: FieldIssue[]) =>
  invalid(
    'policy.invalid',
    issues[0] ? `${issues[0].field}: ${issues[0].message}` : 'The policy does not hold together.',
    issues,
  );

export const kindChanged = (id: string, kind: string) =>
  conflict(
    'policy.kind',
    `The policy "${id}" is of the kind ${kind}; a policy keeps its kind and namespace. Choose another id.`,
  );

export const alreadyExpired = () =>
  invalid('policy.expired', 'The policy would have expired already.', [
    { field: 'expires', message: 'Give a time in the future, or none.' },
  ]);

export const nothingActive = (id: string) =>
  conflict('policy.not_active', `No version of "${id}" is active.`);

export const sameContent = (id: string, version: number) =>
  conflict('policy.unchanged', `Version ${version} of "${id}" says exactly this and is active already.`);

export const noSuchRollout = (id: string) => notFound('rollout', id);
export const noPolicyOf = (kind: string) =>
  new DomainError('not_found', 'policy.none', `No ${kind} policy is active for this question.`);

export const noSigstoreBundle = (id: string, version: number, algorithm: string) =>
  new DomainError(
    'unprocessable',
    'policy.sigstore',
    `Version ${version} of "${id}" was signed with ${algorithm}; a sigstore bundle holds ECDSA P-256 only. Set COSIGN_KEY_PATH to such a key and publish it anew.`,
  );
export const noSuchDraft = (id: string) => notFound('draft of a policy', id);
