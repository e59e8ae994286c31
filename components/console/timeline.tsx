import type { ReactNode } from 'react';
import { Seal } from './seal.tsx';
import { Time } from './time.tsx';

export interface TimelineItem {
  id: string;
  at: string;
  text: ReactNode;
  end?: ReactNode;
  sealIndex?: number | null;
}

export function Timeline({ items, empty }: { items: TimelineItem[]; empty: string }) {
  if (items.length === 0) return <p className="px-3.5 py-6 text-ink-2">{empty}</p>;
  return (
    <ol className="divide-y">
      {items.map(item => (
        <li key={item.id} className="flex items-center gap-3 px-3.5 py-2">
          <span className="w-20 shrink-0 text-ink-3 text-sm">
            <Time at={item.at} />
          </span>
          <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">{item.text}</span>
          {item.end ? <span className="hidden text-ink-2 text-sm sm:block">{item.end}</span> : null}
          {item.sealIndex === undefined ? null : (
            <Seal state={item.sealIndex === null ? 'promised' : 'sealed'} index={item.sealIndex} />
          )}
        </li>
      ))}
    </ol>
  );
}
