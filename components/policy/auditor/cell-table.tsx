'use client';

import { AlertTriangle, Check, Clock, Minus, X } from 'lucide-react';
import { useId, useState } from 'react';
import { cn } from '#components/ui/cn.ts';
import { policyNames } from '#server/policy/auditor/schema/terms.ts';
import type { CellResult, PolicyName } from '#server/policy/auditor/schema.ts';
import { policyWord } from './words.ts';

export interface CellRow {
  id: string;
  label: string;
  end?: string;
  cells: { policy: PolicyName; result: CellResult; reasons: string[] }[];
}

const icons = { PASS: Check, FAIL: X, BLOCKED: AlertTriangle, 'N/A': Minus, STALE: Clock };
const tones: Record<CellResult, string> = {
  PASS: 'bg-ok-soft text-ok',
  FAIL: 'bg-bad-soft text-bad',
  BLOCKED: 'bg-watch-soft text-watch',
  'N/A': 'bg-sunken text-ink-2',
  STALE: 'bg-sunken text-watch',
};

/** P1 to P7 of several things; a cell says why when it is chosen. */
export function CellTable({ label, head, rows }: { label: string; head: string; rows: readonly CellRow[] }) {
  const [chosen, setChosen] = useState<{ row: string; policy: PolicyName } | null>(null);
  const why = useId();
  const row = rows.find(r => r.id === chosen?.row);
  const cell = row?.cells.find(c => c.policy === chosen?.policy);
  return (
    <div className="grid gap-2">
      <table aria-label={label} className="w-full table-fixed border-collapse text-left">
        <thead>
          <tr className="text-ink-2 text-sm">
            <th scope="col" className="w-[30%] py-1.5 pl-3.5 font-medium md:w-[34%]">
              {head}
            </th>
            {policyNames.map(policy => (
              <th
                key={policy}
                scope="col"
                title={policyWord[policy]}
                className="px-0.5 text-center font-medium"
              >
                {policy}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y border-t">
          {rows.map(({ id, label: name, end, cells }) => (
            <tr key={id}>
              <th scope="row" className="truncate py-1.5 pl-3.5 font-medium" title={name}>
                {name}
                {end ? <span className="ml-2 hidden font-normal text-ink-2 md:inline">{end}</span> : null}
              </th>
              {cells.map(({ policy, result }) => (
                <td key={policy} className="px-0.5 py-1 text-center">
                  <Cell
                    result={result}
                    name={`${name}, ${policy} ${policyWord[policy]}: ${result}`}
                    pressed={chosen?.row === id && chosen.policy === policy}
                    describedBy={why}
                    onClick={() => setChosen({ row: id, policy })}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <div id={why} role="status" className="min-h-10 px-3.5 pb-2 text-ink-2">
        {row && cell ? (
          <>
            <p className="font-medium text-ink">
              {row.label}, {cell.policy} {policyWord[cell.policy].toLowerCase()}: {cell.result}
            </p>
            <ul>
              {cell.reasons.map(reason => (
                <li key={reason}>{reason}.</li>
              ))}
            </ul>
          </>
        ) : (
          'Choose a cell to read what it rests on.'
        )}
      </div>
    </div>
  );
}

function Cell({
  result,
  name,
  pressed,
  describedBy,
  onClick,
}: {
  result: CellResult;
  name: string;
  pressed: boolean;
  describedBy: string;
  onClick: () => void;
}) {
  const Icon = icons[result];
  return (
    <button
      type="button"
      aria-label={name}
      aria-pressed={pressed}
      aria-controls={describedBy}
      onClick={onClick}
      className={cn(
        'inline-flex h-6 w-full max-w-24 items-center justify-center gap-1 rounded-full font-medium text-xs',
        tones[result],
        pressed && 'outline-2 outline-accent outline-offset-1',
      )}
    >
      <Icon aria-hidden className="size-3 shrink-0" />
      <span className="hidden lg:inline">{result}</span>
    </button>
  );
}
