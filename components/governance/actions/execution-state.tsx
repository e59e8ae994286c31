import { Pill, type Tone } from '#components/ui/pill.tsx';
import type { ExecutionState as State, StepState as Step, Tier } from '#server/governance/actions/schema.ts';

const looks: Record<State, [tone: Tone, word: string]> = {
  planned: ['idle', 'planned'],
  waiting: ['watch', 'waits for approval'],
  authorised: ['idle', 'about to run'],
  locked: ['idle', 'locked'],
  snapshotted: ['idle', 'state kept'],
  signed: ['idle', 'signed'],
  previewed: ['idle', 'previewed'],
  applying: ['watch', 'running'],
  judging: ['watch', 'trying a part'],
  undecided: ['watch', 'waits for a decision'],
  verifying: ['watch', 'measuring'],
  'rolling-back': ['watch', 'being taken back'],
  succeeded: ['ok', 'done'],
  'rolled-back': ['bad', 'rolled back'],
  failed: ['bad', 'failed'],
  refused: ['bad', 'refused'],
};

export function ExecutionState({ state, dryRun }: { state: State; dryRun: boolean }) {
  const [tone, word] = looks[state];
  return <Pill tone={tone}>{dryRun && state === 'succeeded' ? 'dry run done' : word}</Pill>;
}

const steps: Record<Step, [tone: Tone, word: string]> = {
  pending: ['idle', 'not yet'],
  trying: ['watch', 'being tried'],
  tried: ['watch', 'tried on a part'],
  ordered: ['watch', 'ordered'],
  applied: ['watch', 'done, being measured'],
  verified: ['ok', 'done and measured'],
  restored: ['ok', 'taken back'],
  stuck: ['bad', 'could not be taken back'],
  kept: ['bad', 'stays: nothing brings it back'],
  unchanged: ['idle', 'changed nothing'],
  skipped: ['idle', 'left out'],
};

export function StepMark({ state }: { state: Step }) {
  const [tone, word] = steps[state];
  return <Pill tone={tone}>{word}</Pill>;
}

const tierTones: Record<Tier, Tone> = { low: 'ok', medium: 'watch', high: 'bad', critical: 'bad' };

export const TierMark = ({ tier }: { tier: Tier }) => <Pill tone={tierTones[tier]}>{tier} risk</Pill>;
