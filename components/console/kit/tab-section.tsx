'use client';

import { useState } from 'react';
import { Tabs } from '#components/ui/tabs.tsx';

export function TabSection({ theme }: { theme: string }) {
  const [tab, setTab] = useState('first');
  return (
    <Tabs
      label={`Tabs, ${theme}`}
      value={tab}
      onChange={setTab}
      tabs={[
        { id: 'first', label: 'First', content: 'The first tab’s content.' },
        { id: 'second', label: 'Second', content: 'The second tab’s content.' },
      ]}
    />
  );
}
