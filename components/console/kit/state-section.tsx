'use client';

import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Pager } from '../pager.tsx';
import { EmptyState, ErrorState, NoMatch, NoPermission, NotConnected, NotFoundState } from '../states.tsx';
import { Timeline } from '../timeline.tsx';

export function StateSection() {
  return (
    <div className="grid gap-4">
      <div className="grid gap-3 sm:grid-cols-2">
        <Card>
          <Pager offset={50} next={100} onOffset={() => {}} />
          <EmptyState title="No tenant yet" action={<Button kind="primary">New tenant</Button>}>
            What belongs here, and the first thing to do.
          </EmptyState>
        </Card>
        <Card>
          <NoMatch title="Nothing matches">There are rows, but none fits the filter.</NoMatch>
        </Card>
        <Card>
          <NoPermission title="Not visible to you">Who may see it, and who can change that.</NoPermission>
        </Card>
        <Card>
          <NotConnected title="Not connected">What to set so that it is.</NotConnected>
        </Card>
        <Card>
          <ErrorState title="It could not be read" action={<Button>Try again</Button>}>
            What went wrong and what to do.
          </ErrorState>
        </Card>
        <Card>
          <NotFoundState title="There is nothing here">
            It does not exist, or is not visible to you.
          </NotFoundState>
        </Card>
      </div>
      <Card title="Timeline">
        <Timeline
          empty="Nothing has happened yet."
          items={[
            {
              id: 'a',
              at: '2026-01-01T10:00:00.000Z',
              text: 'Tenant nova suspended: unpaid',
              end: 'operator',
              sealIndex: 12,
            },
            {
              id: 'b',
              at: '2026-01-01T09:00:00.000Z',
              text: 'Tenant nova created',
              end: 'operator',
              sealIndex: null,
            },
          ]}
        />
      </Card>
    </div>
  );
}
