'use client';

import Link from 'next/link';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { Properties } from '#components/console/detail.tsx';
import { IdChip } from '#components/console/id-chip.tsx';
import { EmptyState } from '#components/console/states.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Drawer } from '#components/ui/dialog.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { findingResults } from '#server/policy/auditor/schema/terms.ts';
import type { FindingResult, FindingRow } from '#server/policy/auditor/schema.ts';
import { policyWord, resultTone } from './words.ts';

const order: readonly FindingResult[] = ['fail', 'error', 'warn', 'skip', 'pass'];
const shown = ['open', ...findingResults] as const;

/** The findings of one audit, what is wrong first; each leads to its entry of the ledger. */
export function Findings({ findings, ledger }: { findings: readonly FindingRow[]; ledger: string }) {
  const [only, setOnly] = useQueryState('result', parseAsStringLiteral(shown).withDefault('open'));
  const [peek, setPeek] = useQueryState('finding');
  const fits = (result: FindingResult) =>
    only === 'open' ? result !== 'pass' && result !== 'skip' : result === only;
  const rows = findings
    .filter(f => fits(f.result))
    .toSorted((a, b) => order.indexOf(a.result) - order.indexOf(b.result));
  const count = (result: FindingResult) => findings.filter(f => f.result === result).length;
  return (
    <Card title="Findings" end={`${findings.length} in all`}>
      <fieldset className="flex flex-wrap gap-1.5 px-3.5 py-2" aria-label="Which findings">
        {shown.map(result => (
          <Button
            key={result}
            size="sm"
            kind={only === result ? 'primary' : 'plain'}
            aria-pressed={only === result}
            onClick={() => void setOnly(result)}
          >
            {result === 'open' ? 'To look at' : result}{' '}
            <span className="num">
              {result === 'open' ? count('fail') + count('error') + count('warn') : count(result)}
            </span>
          </Button>
        ))}
      </fieldset>
      {rows.length === 0 ? (
        <EmptyState title={only === 'open' ? 'Nothing to look at' : `No finding says ${only}`}>
          What passed, and what cannot be judged, is under the other results.
        </EmptyState>
      ) : (
        <ul className="divide-y border-t">
          {rows.slice(0, 500).map(f => (
            <li key={f.id}>
              <button
                type="button"
                onClick={() => void setPeek(f.id)}
                className="grid w-full grid-cols-[4.5rem_1fr] items-baseline gap-x-3 px-3.5 py-2 text-left hover:bg-sunken md:grid-cols-[4.5rem_3rem_14rem_1fr]"
              >
                <Pill tone={resultTone[f.result]} className="justify-self-start">
                  {f.result}
                </Pill>
                <span className="hidden text-ink-2 md:inline">{f.policy}</span>
                <span className="truncate font-medium">{f.subject}</span>
                <span className="col-start-2 text-ink-2 md:col-start-auto">
                  {f.message}
                  <span className="ml-2 font-mono text-sm">{f.rule}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <FindingDrawer
        finding={findings.find(f => f.id === peek) ?? null}
        ledger={ledger}
        onClose={() => void setPeek(null)}
      />
    </Card>
  );
}

function FindingDrawer({
  finding,
  ledger,
  onClose,
}: {
  finding: FindingRow | null;
  ledger: string;
  onClose: () => void;
}) {
  return (
    <Drawer open={finding !== null} onOpenChange={open => !open && onClose()} title={finding?.subject ?? ''}>
      {finding ? (
        <div className="grid gap-4">
          <p className="leading-relaxed">{finding.message}.</p>
          <Properties
            items={[
              [
                'Result',
                <Pill key="r" tone={resultTone[finding.result]}>
                  {finding.result}
                </Pill>,
              ],
              ['Policy', `${finding.policy}, ${policyWord[finding.policy].toLowerCase()}`],
              ['Rule', <code key="rule">{finding.rule}</code>],
              ['Category', finding.category],
              ['Severity', finding.severity],
              ['Region', finding.region],
              ...Object.entries(finding.properties).map(([key, value]): [string, React.ReactNode] => [
                key,
                value.length > 40 ? <IdChip key={key} id={value} label={`Copy ${key}`} /> : value,
              ]),
              ['Hash', <IdChip key="d" id={finding.digest} label="Copy the hash of the finding" />],
            ]}
          />
          <p>
            It was hashed and written into the ledger before it could be read here.{' '}
            <Link className="link" href={`${ledger}/${finding.entryUid}`}>
              Open the ledger entry
            </Link>
          </p>
        </div>
      ) : null}
    </Drawer>
  );
}
