import type { ExecutionState } from '#server/governance/actions/schema.ts';

/** Nothing goes on before people have said something. */
export const waitingStates: readonly ExecutionState[] = ['waiting', 'undecided'];
export const runningStates: readonly ExecutionState[] = [
  'authorised',
  'locked',
  'snapshotted',
  'signed',
  'previewed',
  'applying',
  'judging',
  'verifying',
  'rolling-back',
];
