'use client';

import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import Link from 'next/link';
import { parseAsString, useQueryStates } from 'nuqs';
import { useState } from 'react';
import { IdChip } from '#components/console/id-chip.tsx';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Verdict } from '#components/console/verdict.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Field, Input, Select } from '#components/ui/input.tsx';

const utc = (at: string) => `${at.slice(0, 19).replace('T', ' ')} UTC`;
const evidence = (id: string, region: string) =>
  `/portal/evidence/${encodeURIComponent(id)}${region ? `?region=${encodeURIComponent(region)}` : ''}`;

/** What was active in a region at an instant, and the archive that proves it. */
export function ActivePage({ now }: { now: string }) {
  const trpc = useTRPC();
  const [{ at, region }, set] = useQueryStates({
    at: parseAsString.withDefault(now),
    region: parseAsString.withDefault(''),
  });
  const valid = !Number.isNaN(Date.parse(at));
  const { data, error } = useQuery({
    ...trpc.portal.active.queryOptions({
      at: valid ? new Date(at).toISOString() : now,
      ...(region ? { region } : {}),
    }),
    enabled: valid,
  });
  return (
    <>
      <Verdict>
        {data
          ? `${data.rows.length === 0 ? 'No policy was' : data.rows.length === 1 ? 'One policy was' : `${data.rows.length} policies were`} active ${
              data.region ? `in ${data.region}` : 'in all regions together'
            } at ${utc(data.at)}.`
          : 'What was active, where and when'}
      </Verdict>
      <WhenAndWhere
        key={at}
        at={valid ? new Date(at).toISOString() : now}
        region={region}
        regions={data?.regions ?? []}
        onAsk={asked => void set(asked)}
      />
      {error ? <ErrorState title="It could not be read">{messageOf(error)}</ErrorState> : null}
      {!data && !error ? <Skeleton className="h-40" /> : null}
      {data ? (
        <Card
          title="Active then"
          end={
            data.rows.length > 0 ? (
              <a
                className="link inline-flex items-center gap-1"
                href={evidence(`@${data.at}`, region)}
                download
              >
                <Download className="size-3.5" /> Evidence of all of it
              </a>
            ) : null
          }
        >
          {data.rows.length === 0 ? (
            <EmptyState title="Nothing was active there then">
              Choose a later instant, or another region.
            </EmptyState>
          ) : null}
          <ul className="mt-2 divide-y border-t">
            {data.rows.map(row => (
              <li key={row.epoch} className="grid gap-1 px-3.5 py-2.5">
                <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
                  <span className="font-medium">{row.policy}</span>
                  <span className="num text-ink-2">
                    version {row.version}, epoch {row.epoch}
                  </span>
                  {row.tenantId ? <span className="text-ink-2">of tenant {row.tenantId}</span> : null}
                  <span className="ml-auto">
                    <IdChip id={row.hash} label={`Copy the hash of ${row.policy}`} />
                  </span>
                </span>
                <span className="flex flex-wrap items-center gap-x-3 gap-y-1 text-ink-2">
                  <span className="num">
                    {utc(row.from)} to {row.until ? utc(row.until) : 'now'}
                  </span>
                  <span className="ml-auto flex gap-3">
                    {row.entryUid ? (
                      <Link className="link" href={`/portal/entries/${row.entryUid}`}>
                        Verify the entry
                      </Link>
                    ) : null}
                    <a className="link" href={evidence(row.policy, '')} download>
                      Evidence
                    </a>
                  </span>
                </span>
              </li>
            ))}
          </ul>
        </Card>
      ) : null}
      <p className="text-ink-2">
        An archive verifies without this console and without a network:{' '}
        <code className="font-mono text-sm">npm run atom -- verify-evidence FILE</code>
      </p>
    </>
  );
}

function WhenAndWhere({
  at,
  region,
  regions,
  onAsk,
}: {
  at: string;
  region: string;
  regions: readonly string[];
  onAsk: (asked: { at: string; region: string }) => void;
}) {
  const [when, setWhen] = useState(at.slice(0, 19));
  const wrong = Number.isNaN(Date.parse(`${when}Z`));
  return (
    <form
      className="grid items-start gap-3 sm:grid-cols-[16rem_16rem_auto]"
      onSubmit={event => {
        event.preventDefault();
        const chosen = String(new FormData(event.currentTarget).get('region') ?? '');
        if (!wrong) onAsk({ at: new Date(`${when}Z`).toISOString(), region: chosen });
      }}
    >
      <Field label="Instant (UTC)" {...(wrong ? { error: 'Give a date and a time.' } : {})}>
        {props => (
          <Input
            {...props}
            type="datetime-local"
            step={1}
            value={when}
            onChange={event => setWhen(event.target.value)}
          />
        )}
      </Field>
      <Field label="Region">
        {props => (
          <Select {...props} name="region" key={region} defaultValue={region}>
            <option value="">All regions together</option>
            {[...new Set([...regions, ...(region ? [region] : [])])].map(id => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Button type="submit" kind="primary" className="sm:mt-[1.4rem] sm:justify-self-start">
        Show
      </Button>
    </form>
  );
}
