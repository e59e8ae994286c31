import { conflict, DomainError, notFound } from '#kernel/errors/domain-error.ts';

export const noSuchSnapshot = (id: string) => notFound('snapshot', id);
export const noSuchDrill = (id: string) => notFound('drill', id);
export const notComplete = (id: string, state: string) =>
  conflict('recovery.state', `The snapshot "${id}" is ${state}; only a complete one can be restored.`);

export const refusals = {
  missing_manifest: 'It has no manifest, or the manifest has no signature.',
  other_installation: 'Its keys were not written by this installation: the master secret is another one.',
  wrong_signature: 'The signature of its manifest does not hold.',
  bad_manifest: 'Its manifest is signed, but is not of a form that can be read here.',
  missing_file: 'A file that the manifest names is missing.',
  changed_file: 'A file differs from what was signed.',
  newer_schema: 'It was taken by a later version of the console. Update first.',
  not_empty: 'There is a console in this database already. Recovery only ever fills an empty one.',
} as const;
export type RecoveryRefusal = keyof typeof refusals;

/** Whatever is wrong with a snapshot has a name, and the file it concerns. */
export class SnapshotRefused extends DomainError {
  readonly reason: RecoveryRefusal;
  constructor(reason: RecoveryRefusal, about = '') {
    super('unprocessable', `recovery.${reason}`, [refusals[reason], about].filter(Boolean).join(' '), {
      reason,
    });
    this.reason = reason;
  }
}
