'use client';

import '@xyflow/react/dist/style.css';
import {
  Background,
  Controls,
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from '@xyflow/react';
import { useTheme } from 'next-themes';
import { useMemo } from 'react';
import { cn } from '#components/ui/cn.ts';
import type { WhyGraph as Graph, WhyNode } from '#server/governance/audit/schema.ts';
import { placeNodes } from './why-layout.ts';

type EntryNode = Node<{ node: WhyNode; here: boolean; onOpen: (uid: string) => void }, 'entry'>;

function EntryCard({ data: { node, here, onOpen } }: NodeProps<EntryNode>) {
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <button
        type="button"
        onClick={() => onOpen(node.uid)}
        aria-current={here || undefined}
        className={cn(
          'nodrag grid w-52 gap-0.5 rounded-lg border bg-surface px-3 py-2 text-left shadow-card',
          here && 'border-accent',
          node.outcome === 'refused' && 'border-watch',
          node.outcome === 'failed' && 'border-bad',
        )}
      >
        <span className="line-clamp-2">{node.sentence}</span>
        <span className="num text-ink-3 text-xs">
          {node.at.slice(11, 19)} UTC, {node.outcome}
        </span>
      </button>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
}

const nodeTypes = { entry: EntryCard };

/** Cause to effect, left to right. Tab goes through the entries in order, Enter opens one. */
export default function WhyGraph({
  why,
  focus,
  onOpen,
}: {
  why: Graph;
  focus: string;
  onOpen: (uid: string) => void;
}) {
  const { resolvedTheme } = useTheme();
  const nodes = useMemo<EntryNode[]>(() => {
    const at = new Map(placeNodes(why.nodes, why.edges).map(p => [p.uid, p]));
    return why.nodes.map(node => ({
      id: node.uid,
      type: 'entry',
      position: { x: at.get(node.uid)?.x ?? 0, y: at.get(node.uid)?.y ?? 0 },
      data: { node, here: node.uid === focus, onOpen },
    }));
  }, [why, focus, onOpen]);
  const edges = useMemo<Edge[]>(
    () =>
      why.edges.map(edge => ({
        id: `${edge.from}-${edge.to}`,
        source: edge.from,
        target: edge.to,
        animated: false,
        focusable: false,
        ...(edge.kind === 'followed' ? { style: { strokeDasharray: '4 4' } } : {}),
      })),
    [why],
  );
  return (
    <figure className="grid gap-1">
      <div className="h-72 overflow-hidden rounded-md border" style={{ background: 'var(--sunken)' }}>
        <ReactFlow
          aria-label="What led to this entry and what came of it"
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          colorMode={resolvedTheme === 'dark' ? 'dark' : 'light'}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          preventScrolling={false}
          fitView
          fitViewOptions={{ padding: 0.15, maxZoom: 1, minZoom: 0.6 }}
          minZoom={0.2}
          proOptions={{ hideAttribution: true }}
        >
          <Background />
          <Controls showInteractive={false} />
        </ReactFlow>
      </div>
      <figcaption className="text-ink-3 text-sm">
        Solid: the entry names its cause. Dashed: the next step of the same case.
      </figcaption>
    </figure>
  );
}
