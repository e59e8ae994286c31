'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { Fragment, useEffect } from 'react';
import type { RowsProps } from './rows.tsx';

/** Of thousands of rows those around the screen. */
export default function VirtualRows({ count, height, scroller, onRange, children }: RowsProps) {
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 10,
  });
  const items = virtual.getVirtualItems();
  const [from, to] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  useEffect(() => onRange(from, to), [from, to, onRange]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another density means another height of every row.
  useEffect(() => virtual.measure(), [virtual, height]);
  return items.map(item => <Fragment key={item.key}>{children(item.index, item.start)}</Fragment>);
}
