'use client';

import { useState } from 'react';
import { Properties } from '#components/console/detail.tsx';
import { IdChip } from '#components/console/id-chip.tsx';
import { Time } from '#components/console/time.tsx';
import { Drawer } from '#components/ui/dialog.tsx';
import type { CitedEvent } from '#server/governance/reasoner/schema.ts';

interface Claim {
  text: string;
  eventIds: string[];
}

/** Sentences, each with the events it stands on; an event opens as it read when it was cited. */
export function ClaimList({ claims, events }: { claims: readonly Claim[]; events: readonly CitedEvent[] }) {
  const [open, setOpen] = useState<string | null>(null);
  const event = events.find(e => e.id === open);
  return (
    <>
      <ol className="grid gap-2">
        {claims.map(claim => (
          <li key={claim.text} className="grid gap-1">
            <span>{claim.text}</span>
            <span className="flex flex-wrap gap-1.5">
              {claim.eventIds.map(id => (
                <button
                  key={id}
                  type="button"
                  onClick={() => setOpen(id)}
                  className="rounded border px-1.5 font-mono text-ink-2 text-xs hover:bg-sunken hover:text-ink"
                  aria-label={`Open event ${id}`}
                >
                  {id.length > 14 ? `${id.slice(0, 6)}…${id.slice(-4)}` : id}
                </button>
              ))}
            </span>
          </li>
        ))}
      </ol>
      <Drawer
        open={open !== null}
        onOpenChange={wanted => !wanted && setOpen(null)}
        title={event?.event ?? 'Event'}
        description="As it read when it was cited. Its message is what the sender wrote."
      >
        {event ? (
          <Properties
            items={[
              ['Id', <IdChip key="id" id={event.id} />],
              ['When', <Time key="at" at={event.ts} />],
              ['Severity', event.severity],
              ['Service', event.service],
              ['Message', event.message],
            ]}
          />
        ) : (
          <p className="text-ink-2">This event was cited, but is not kept with the answer.</p>
        )}
      </Drawer>
    </>
  );
}
