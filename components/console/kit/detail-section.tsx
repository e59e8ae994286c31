'use client';

import { Server } from 'lucide-react';
import { Button, Spinner } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import { Properties, StatusHeader } from '../detail.tsx';
import { Sidebar } from '../frame/sidebar.tsx';
import { JsonView } from '../json-view.tsx';
import { Time } from '../time.tsx';

const region = { id: 'eu-west', country: 'IE', state: 'active', zones: ['a', 'b'] };

export function DetailSection() {
  return (
    <div className="grid gap-4">
      <StatusHeader
        title="eu-west"
        badges={<Pill tone="ok">active</Pill>}
        desired="Active"
        observed="Active"
        synced={<Time at="2026-01-01T10:00:00.000Z" />}
        actions={<Button>Edit</Button>}
      />
      <Card title="Properties" end="as registered">
        <div className="p-3.5">
          <Properties
            items={[
              ['Country', 'Ireland'],
              ['Never heard', <Time key="never" at={null} />],
              ['Note', null],
              ['Key', 'a'.repeat(96)],
            ]}
          />
        </div>
      </Card>
      <JsonView value={region} />
      <ScrollArea label="Zones" className="max-h-20 rounded-md border p-3">
        <ol className="grid gap-1">
          {Array.from({ length: 12 }, (_, n) => (
            <li key={String(n)}>Zone {n + 1} of what does not fit: it scrolls, also by keyboard</li>
          ))}
        </ol>
      </ScrollArea>
      <div className="flex items-center gap-2">
        <Spinner /> Spinner
      </div>
      <div className="w-56 overflow-hidden rounded-lg border">
        <Sidebar
          path="/kit/second"
          badges={{ first: { n: 3, text: '3 failed jobs', tone: 'bad' } }}
          footer="Simulated"
          items={[
            {
              id: 'kit',
              label: 'Kit',
              href: '/kit',
              icon: Server,
              children: [
                { id: 'first', label: 'First', href: '/kit/first' },
                { id: 'second', label: 'Second', href: '/kit/second' },
              ],
            },
          ]}
        />
      </div>
    </div>
  );
}
