import { conflict, DomainError, type FieldIssue, notFound } from '#kernel/errors/domain-error.ts';
import type { BeatRefusal } from './rules/heartbeat.ts';
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
  revoked_key:
    'It names a key of this region that was replaced. A replaced key does not come back: make a new one.',
  superseded:
    'This registration was replaced since, or was signed before the one that stands, or its time lies ahead of ours. Sign it anew with the present time as issuedAt.',
  token:
    'Staging and production regions are registered with an API token beside the region’s own signature. Send one as a bearer token.',
  key_change:
    'This name is registered with other keys. Sign the change with a key that is already registered, or have somebody who may change keys ask for approval.',
};

export function registrationRefused(refused: Refused): DomainError {
  const kind = ['unsigned', 'token'].includes(refused.reason) ? 'unauthenticated' : 'unprocessable';
  const issues: FieldIssue[] = refused.issues ?? [];
  return new DomainError(kind, `region.${refused.reason}`, words[refused.reason], {
    reason: refused.reason,
    issues,
  });
}

const beatWords: Record<BeatRefusal, string> = {
  unsigned: 'A heartbeat must be a DSSE envelope signed by one of the region’s keys.',
  malformed: 'The envelope is not well-formed DSSE: payload and signatures must be base64.',
  wrong_type: 'The envelope has another payload type than application/vnd.atom.region-heartbeat+json.',
  wrong_key: 'No signature was made by a key that speaks for this region.',
  tampered: 'The signature does not fit the payload: it was changed after signing.',
  bad_content: 'The signed heartbeat does not have the expected shape.',
  other_region: 'The signed heartbeat names another region than the address it was sent to.',
  stale: 'A heartbeat with this or a higher sequence was accepted already.',
  clock: 'The heartbeat’s time differs from ours by more than five minutes. Set the clock of the region.',
  retired: 'The region is retired.',
  unknown: 'No such region is registered.',
};

export function heartbeatRefused(reason: BeatRefusal, sequence: number): DomainError {
  const kind =
    reason === 'unsigned'
      ? 'unauthenticated'
      : reason === 'stale' || reason === 'retired'
        ? 'conflict'
        : 'unprocessable';
  return new DomainError(kind, `region.heartbeat_${reason}`, beatWords[reason], {
    reason,
    ...(reason === 'stale' ? { lastSequence: sequence } : {}),
  });
}

export const wrongState = (name: string, state: string) =>
  conflict('region.state', `The region "${name}" is ${state}; this cannot be done to it now.`);
