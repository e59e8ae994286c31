'use client';

import { Fragment, lazy, type ReactNode, type RefObject, Suspense, useEffect } from 'react';

export interface RowsProps {
  count: number;
  height: number;
  scroller: RefObject<HTMLDivElement | null>;
  /** Which rows are drawn now. */
  onRange: (from: number, to: number) => void;
  children: (index: number, top: number) => ReactNode;
}

const few = 50;
/** What draws a window of rows comes with the first list that is long. */
const VirtualRows = lazy(() => import('./virtual-rows.tsx'));

export function Rows({ waiting, ...rows }: RowsProps & { waiting: ReactNode }) {
  if (rows.count <= few) return <AllRows {...rows} />;
  return (
    <Suspense fallback={waiting}>
      <VirtualRows {...rows} />
    </Suspense>
  );
}

function AllRows({ count, height, onRange, children }: RowsProps) {
  useEffect(() => onRange(0, Math.max(0, count - 1)), [count, onRange]);
  return Array.from({ length: count }, (_, i) => (
    <Fragment key={`r${i}`}>{children(i, i * height)}</Fragment>
  ));
}

/** Brings a row of a list of equal heights on the screen, by no more than is needed. */
export function reveal(scroller: HTMLElement | null, index: number, height: number): void {
  if (!scroller) return;
  const [top, bottom] = [index * height, (index + 1) * height];
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (bottom > scroller.scrollTop + scroller.clientHeight)
    scroller.scrollTop = bottom - scroller.clientHeight;
}
