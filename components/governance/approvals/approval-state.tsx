import { Pill, type Tone } from '#components/ui/pill.tsx';
import type { ApprovalRow } from '#server/governance/approvals/schema.ts';

const looks: Record<ApprovalRow['state'], [tone: Tone, word: string]> = {
  pending: ['watch', 'waiting'],
  approved: ['ok', 'approved, about to run'],
  released: ['ok', 'ran'],
  failed: ['bad', 'failed'],
  denied: ['bad', 'denied'],
  expired: ['bad', 'expired'],
  withdrawn: ['idle', 'withdrawn'],
  voided: ['bad', 'void'],
};

export function ApprovalState({ state }: { state: ApprovalRow['state'] }) {
  const [tone, word] = looks[state];
  return <Pill tone={tone}>{word}</Pill>;
}
