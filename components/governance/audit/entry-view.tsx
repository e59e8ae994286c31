'use client';

import { useState } from 'react';
import { Properties } from '#components/console/detail.tsx';
import { DiffView } from '#components/console/diff-view.tsx';
import { IdChip } from '#components/console/id-chip.tsx';
import { JsonView } from '#components/console/json-view.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { Tabs } from '#components/ui/tabs.tsx';
import type { ExplainedEntry } from '#server/governance/audit/schema.ts';
import { NoteForm } from './note-form.tsx';
import { OutcomeMark } from './outcome-mark.tsx';
import { ProofPanel } from './proof-panel.tsx';
import { WhySection } from './why-section.tsx';

/** One entry: what it says and why, what changed, what it hangs together with, and whether it holds. */
export function EntryView({ entry, onOpen }: { entry: ExplainedEntry; onOpen: (uid: string) => void }) {
  const [tab, setTab] = useState('why');
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-center gap-2">
        <OutcomeMark outcome={entry.outcome} always />
        {entry.simulated ? <SimulatedBadge /> : null}
        <span className="font-mono text-ink-2 text-sm">{entry.type}</span>
        <span className="num text-ink-2 text-sm">
          {entry.index === null ? 'no position yet' : `entry ${entry.index.toLocaleString('en')}`}
        </span>
      </div>
      <p data-justification className="leading-relaxed">
        {entry.justification.summary}
      </p>
      {entry.changes.length > 0 ? (
        <section aria-label="What changed" className="grid gap-2">
          <h3 className="font-semibold">What changed</h3>
          <DiffView
            before={Object.fromEntries(entry.changes.map(c => [c.field, c.from]))}
            after={Object.fromEntries(entry.changes.map(c => [c.field, c.to]))}
          />
        </section>
      ) : null}
      <Tabs
        label="Entry"
        value={tab}
        onChange={setTab}
        tabs={[
          {
            id: 'why',
            label: `Why${entry.why.nodes.length > 1 ? ` (${entry.why.nodes.length})` : ''}`,
            content: (
              <div className="grid gap-4">
                <WhySection why={entry.why} focus={entry.uid} onOpen={onOpen} />
                <NoteForm entry={entry.uid} />
              </div>
            ),
          },
          { id: 'proof', label: 'Proof', content: <ProofPanel entry={entry} /> },
          {
            id: 'facts',
            label: 'Facts',
            content: (
              <Properties
                items={[
                  ...entry.justification.lines.map(({ label, value }): [string, React.ReactNode] => [
                    label,
                    value,
                  ]),
                  ['Id', <IdChip key="id" id={entry.uid} label="Copy the id" />],
                ]}
              />
            ),
          },
          { id: 'json', label: 'JSON', content: <JsonView value={entry} /> },
        ]}
      />
    </div>
  );
}
