'use client';

import { List, Workflow } from 'lucide-react';
import dynamic from 'next/dynamic';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Skeleton } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import type { WhyGraph as Graph } from '#server/governance/audit/schema.ts';
import { OutcomeMark } from './outcome-mark.tsx';

/** The drawing arrives when somebody wants it; the list says the same and is there at once. */
const WhyGraph = dynamic(() => import('./why-graph.tsx'), {
  ssr: false,
  loading: () => <Skeleton className="h-72" />,
});

export function WhySection({
  why,
  focus,
  onOpen,
}: {
  why: Graph;
  focus: string;
  onOpen: (uid: string) => void;
}) {
  const [drawn, setDrawn] = useState(false);
  if (why.nodes.length < 2)
    return <p className="text-ink-2">It names no cause, and nothing has come of it yet.</p>;
  return (
    <div className="grid gap-2">
      <div className="flex gap-1">
        <Button
          size="sm"
          kind={drawn ? 'quiet' : 'plain'}
          aria-pressed={!drawn}
          onClick={() => setDrawn(false)}
        >
          <List className="size-3.5" /> List
        </Button>
        <Button
          size="sm"
          kind={drawn ? 'plain' : 'quiet'}
          aria-pressed={drawn}
          onClick={() => setDrawn(true)}
        >
          <Workflow className="size-3.5" /> Graph
        </Button>
      </div>
      {drawn ? (
        <WhyGraph why={why} focus={focus} onOpen={onOpen} />
      ) : (
        <WhyList why={why} focus={focus} onOpen={onOpen} />
      )}
      {why.cut ? <p className="text-ink-3 text-sm">More belongs to this case than is shown.</p> : null}
    </div>
  );
}

function WhyList({ why, focus, onOpen }: { why: Graph; focus: string; onOpen: (uid: string) => void }) {
  const numberOf = new Map(why.nodes.map((node, i) => [node.uid, i + 1]));
  const from = (uid: string) =>
    why.edges
      .filter(edge => edge.to === uid)
      .map(edge => `${edge.kind === 'caused' ? 'caused by' : 'after'} ${numberOf.get(edge.from)}`)
      .join(', ');
  return (
    <ol className="divide-y rounded-md border">
      {why.nodes.map(node => (
        <li
          key={node.uid}
          aria-current={node.uid === focus || undefined}
          className={cn('flex items-start gap-2 px-3 py-2', node.uid === focus && 'bg-accent-soft')}
        >
          <span className="num w-5 shrink-0 text-ink-3">{numberOf.get(node.uid)}</span>
          <div className="min-w-0 flex-1">
            <button
              type="button"
              className={cn('text-left', node.uid === focus ? 'font-medium' : 'link')}
              onClick={() => onOpen(node.uid)}
            >
              {node.sentence}
            </button>
            <p className="text-ink-2 text-sm">
              <span className="num">{node.at.slice(0, 19).replace('T', ' ')} UTC</span>
              {from(node.uid) ? `, ${from(node.uid)}` : ''}
            </p>
          </div>
          <OutcomeMark outcome={node.outcome} />
        </li>
      ))}
    </ol>
  );
}
