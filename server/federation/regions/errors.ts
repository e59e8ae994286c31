import { DomainError, type FieldIssue, notFound } from '#kernel/errors/domain-error.ts';
import type { Refused } from './rules.ts';

export const noSuchRegion = (name: string) => notFound('region', name);

const words: Record<Refused['reason'], string> = {
  unsigned: 'A registration must be a DSSE envelope signed by one of the keys it names.',
  malformed: 'The envelope is not well-formed DSSE: payload and signatures must be base64.',
  wrong_type: 'The envelope has another payload type than application/vnd.atom.region+json.',
  wrong_key: 'No signature was made by a key that may speak for this region.',
  tampered: 'The signature does not fit the payload: it was changed after signing.',
  bad_key: 'A named key is not an Ed25519 or P-256 public key in PEM form.',
  bad_content: 'The signed registration does not have the expected shape.',
  key_change:
    'This name is registered with other keys. Sign the change with a key that is already registered.',
};

export function registrationRefused(refused: Refused): DomainError {
  const kind = refused.reason === 'unsigned' ? 'unauthenticated' : 'unprocessable';
  const issues: FieldIssue[] = refused.issues ?? [];
  return new DomainError(kind, `region.${refused.reason}`, words[refused.reason], {
    reason: refused.reason,
    issues,
  });
}
