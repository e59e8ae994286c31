import type { Tone } from '#components/ui/pill.tsx';
import type { DecisionRow, ProposalCard } from '#server/governance/reasoner/schema.ts';

export const outcomeWord: Record<DecisionRow['outcome'], string> = {
  ranked: 'Ranked',
  insufficient_evidence: 'Insufficient evidence',
};
export const outcomeTone: Record<DecisionRow['outcome'], Tone> = {
  ranked: 'ok',
  insufficient_evidence: 'idle',
};

export const percent = (part: number) => `${Math.round(part * 100)} %`;
export const points = (value: number) => (Math.round(value * 10) / 10).toFixed(1);

export const money = (value: number, currency: string) =>
  `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(2)} ${currency}`;

export function costWords({ costDelta }: Pick<ProposalCard, 'costDelta'>): string {
  if (!costDelta) return 'Not known';
  const { perDay, low, high, currency } = costDelta;
  return perDay === 0 && low === 0 && high === 0
    ? 'Nothing'
    : `${money(perDay, currency)} a day (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

export function approvalWords({ requiredApprovals: { needed, denied, tier } }: ProposalCard): string {
  if (denied) return 'Denied by policy';
  return needed ? `Needs an approver (risk ${tier})` : `None (risk ${tier})`;
}

export const causeWords = (cause: string) => cause.replaceAll('-', ' ');

/** In the order a model suggested, where it did; else as they were ranked. */
export function inOrder(
  proposals: readonly ProposalCard[],
  order: readonly string[] | undefined,
): ProposalCard[] {
  const place = new Map(order?.map((id, i) => [id, i]));
  return proposals.toSorted(
    (a, b) => (place.get(a.id) ?? a.rank) - (place.get(b.id) ?? b.rank) || a.rank - b.rank,
  );
}
