'use client';

import { Properties } from '#components/console/detail.tsx';
import { IdChip } from '#components/console/id-chip.tsx';
import { Card } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { CitedEvent, Enrichment, ProposalCard as Proposal } from '#server/governance/reasoner/schema.ts';
import { ClaimList } from './claim-list.tsx';
import { SendButton } from './send-button.tsx';
import { approvalWords, causeWords, costWords, percent, points } from './words.ts';

export function ProposalCard({
  proposal,
  events,
  enrichment,
  first,
}: {
  proposal: Proposal;
  events: readonly CitedEvent[];
  enrichment: Enrichment | null;
  first: boolean;
}) {
  const { riskDelta, blastRadius } = proposal;
  const words = enrichment?.texts[proposal.id] ?? [];
  return (
    <article aria-label={proposal.title}>
      <Card className="grid gap-4 p-4">
        <header className="flex flex-wrap items-start gap-2">
          <span className="num mt-0.5 text-ink-3">{proposal.rank}</span>
          <div className="grid gap-1">
            <h2 className="font-semibold text-lg">{proposal.title}</h2>
            <p className="text-ink-2">Against {causeWords(proposal.cause)}</p>
          </div>
          <div className="ml-auto flex flex-wrap items-center gap-2">
            {first ? <Pill tone="ok">First choice</Pill> : null}
            {proposal.reversible ? <Pill>Reversible</Pill> : <Pill tone="bad">Cannot be taken back</Pill>}
            {proposal.requiredApprovals.denied ? <Pill tone="bad">Denied</Pill> : null}
            <SendButton proposal={proposal} />
          </div>
        </header>
        <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line lg:grid-cols-4">
          <Figure
            label={`Risk, ${riskDelta.dimension}`}
            value={`${points(riskDelta.before)} → ${points(riskDelta.after)}`}
            more={`${points(riskDelta.low)} to ${points(riskDelta.high)} is likely`}
          />
          <Figure
            label="Confidence"
            value={percent(proposal.confidence)}
            more="that the cause is right and this mends it"
          />
          <Figure label="Cost" value={costWords(proposal)} />
          <Figure label="Blast radius" value={percent(blastRadius.share)} more={blastRadius.words} />
        </dl>
        <div className="grid gap-4 lg:grid-cols-2">
          <section className="grid content-start gap-2">
            <h3 className="font-medium">Why</h3>
            <ClaimList claims={proposal.rationale} events={events} />
            {words.length > 0 ? (
              <div className="grid gap-2 rounded-md border bg-sunken p-3">
                <p className="text-ink-2 text-sm">
                  Words of a language model ({enrichment?.model ?? 'unknown'}
                  {enrichment?.simulated ? ', simulated' : ''}); they change no plan
                </p>
                <ClaimList claims={words} events={events} />
              </div>
            ) : null}
          </section>
          <section className="grid content-start gap-4">
            <div className="grid gap-2">
              <h3 className="font-medium">What would change its mind</h3>
              <ul className="grid list-disc gap-1 pl-4">
                {proposal.wouldChangeItsMind.map(doubt => (
                  <li key={doubt.text}>{doubt.text}</li>
                ))}
              </ul>
            </div>
            <Properties
              items={[
                ['Approvals', approvalWords(proposal)],
                ['Why so', proposal.requiredApprovals.reasons.join(' ') || null],
                [
                  'Policies',
                  proposal.policyReferences
                    .map(p => `${p.id} (version ${p.version}): ${p.effect}`)
                    .join(', ') || null,
                ],
                ['Score', `${proposal.score.toFixed(2)}: expected reduction for its burden`],
                ['Plan', <IdChip key="plan" id={proposal.planHash} label="Copy the plan’s hash" />],
              ]}
            />
            <details>
              <summary className="cursor-pointer text-ink-2">Measured, and known from before</summary>
              <ul className="mt-2 grid gap-1">
                {proposal.facts.map(fact => (
                  <li key={fact.text}>
                    {fact.text} <span className="text-ink-3 text-sm">{fact.ref}</span>
                  </li>
                ))}
              </ul>
            </details>
          </section>
        </div>
      </Card>
    </article>
  );
}

function Figure({ label, value, more }: { label: string; value: string; more?: string }) {
  return (
    <div className="bg-surface px-3.5 py-2.5">
      <dt className="text-ink-3 text-sm">{label}</dt>
      <dd className="num font-medium">{value}</dd>
      {more ? <dd className="text-ink-2 text-sm">{more}</dd> : null}
    </div>
  );
}
