export const executionStates = [
  'planned',
  'waiting',
  'authorised',
  'locked',
  'snapshotted',
  'signed',
  'previewed',
  'applying',
  'judging',
  'undecided',
  'verifying',
  'rolling-back',
  'succeeded',
  'rolled-back',
  'failed',
  'refused',
] as const;
export type ExecutionState = (typeof executionStates)[number];

/** Nothing goes on before people have said something. */
export const waitingStates: readonly ExecutionState[] = ['waiting', 'undecided'];
export const endedStates: readonly ExecutionState[] = ['succeeded', 'rolled-back', 'failed', 'refused'];
const atRest: readonly ExecutionState[] = ['planned', ...waitingStates, ...endedStates];
export const runningStates = executionStates.filter(state => !atRest.includes(state));

export const stepStates = [
  'pending',
  'trying',
  'tried',
  'ordered',
  'applied',
  'verified',
  'restored',
  /** Could not be brought back. */
  'stuck',
  /** Nothing brings it back; it stays. */
  'kept',
  /** Ordered, and known to have changed nothing. */
  'unchanged',
  'skipped',
] as const;
export type StepState = (typeof stepStates)[number];

export const tiers = ['low', 'medium', 'high', 'critical'] as const;
export type Tier = (typeof tiers)[number];
