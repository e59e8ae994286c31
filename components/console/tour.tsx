'use client';

import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/cn.ts';

export interface TourStep {
  id: string;
  title: string;
  text: string;
  /** Value of `data-tour` on what it is about; without it the card stands alone. */
  target?: string;
  /** The page it is about. */
  href?: string;
}

interface Props {
  steps: readonly TourStep[];
  at: number;
  onMove: (to: number) => void;
  onLater: () => void;
  onDone: () => void;
}

interface Place {
  ring: { top: number; left: number; width: number; height: number } | null;
  card: { top: number; left: number } | null;
}

const size = { width: 340, height: 210, gap: 12 };

const visible = (target: string): HTMLElement | undefined =>
  [...document.querySelectorAll<HTMLElement>(`[data-tour="${target}"]`)].find(
    element => element.getClientRects().length > 0,
  );

/** Beside what it is about where there is room, else in the corner; on a phone always at the lower edge. */
function placeBy(target: string | undefined): Place {
  const box = target === undefined ? undefined : visible(target)?.getBoundingClientRect();
  if (!box) return { ring: null, card: null };
  const [wide, high] = [window.innerWidth, window.innerHeight];
  const ring = {
    top: Math.max(box.top - 4, 2),
    left: Math.max(box.left - 4, 2),
    width: Math.min(box.width + 8, wide - 4),
    height: Math.min(box.height + 8, high - 4),
  };
  if (wide < 768) return { ring, card: null };
  const clampX = (x: number) => Math.max(size.gap, Math.min(x, wide - size.width - size.gap));
  const clampY = (y: number) => Math.max(size.gap, Math.min(y, high - size.height - size.gap));
  if (box.bottom + size.height + size.gap < high)
    return { ring, card: { top: box.bottom + size.gap, left: clampX(box.left) } };
  if (box.right + size.width + size.gap < wide)
    return { ring, card: { top: clampY(box.top), left: box.right + size.gap } };
  return { ring, card: null };
}

/** A few words about one thing at a time. It covers nothing and blocks nothing: one can try what it talks about. */
export function Tour({ steps, at, onMove, onLater, onDone }: Props) {
  const step = steps[at];
  const card = useRef<HTMLElement>(null);
  const [place, setPlace] = useState<Place>({ ring: null, card: null });
  const target = step?.target;
  useLayoutEffect(() => {
    if (target !== undefined) visible(target)?.scrollIntoView({ block: 'nearest' });
    const look = () => setPlace(placeBy(target));
    look();
    // The page of the step may still be on its way.
    const timer = setInterval(look, 250);
    window.addEventListener('resize', look);
    window.addEventListener('scroll', look, true);
    return () => {
      clearInterval(timer);
      window.removeEventListener('resize', look);
      window.removeEventListener('scroll', look, true);
    };
  }, [target]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each step begins with the focus on its card.
  useEffect(() => card.current?.focus({ preventScroll: true }), [at]);
  if (!step) return null;
  const last = at === steps.length - 1;
  const onKeyDown = (event: KeyboardEvent) => {
    if (!['ArrowRight', 'ArrowLeft', 'Escape'].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') onLater();
    else if (event.key === 'ArrowLeft') onMove(Math.max(0, at - 1));
    else if (last) onDone();
    else onMove(at + 1);
  };
  return (
    <>
      {place.ring ? (
        <div
          aria-hidden
          className="pointer-events-none fixed z-40 rounded-lg outline-2 outline-accent outline-offset-1"
          style={place.ring}
        />
      ) : null}
      <section
        ref={card}
        tabIndex={-1}
        aria-label="Guided tour"
        onKeyDown={onKeyDown}
        className={cn(
          'fixed z-40 grid gap-2 rounded-lg border border-line-strong bg-surface p-4 shadow-card outline-none',
          place.card ? 'w-[340px]' : 'inset-x-3 bottom-3 sm:left-auto sm:w-[340px]',
        )}
        style={place.card ?? {}}
      >
        <div className="flex items-baseline gap-3">
          <h2 className="font-semibold text-lg">{step.title}</h2>
          <span className="num ml-auto whitespace-nowrap text-ink-3 text-sm">
            {at + 1} of {steps.length}
          </span>
        </div>
        <p className="text-ink-2">{step.text}</p>
        <div aria-hidden className="flex gap-1 py-1">
          {steps.map((other, i) => (
            <span key={other.id} className={cn('h-0.5 flex-1 rounded', i <= at ? 'bg-accent' : 'bg-line')} />
          ))}
        </div>
        <div className="flex flex-wrap items-center gap-2">
          {at === 0 ? (
            <Button size="sm" kind="quiet" onClick={onDone}>
              Never show it
            </Button>
          ) : null}
          {last ? null : (
            <Button size="sm" kind="quiet" onClick={onLater}>
              Later
            </Button>
          )}
          <span className="ml-auto flex gap-2">
            {at > 0 ? (
              <Button size="sm" onClick={() => onMove(at - 1)}>
                Back
              </Button>
            ) : null}
            <Button size="sm" kind="primary" onClick={() => (last ? onDone() : onMove(at + 1))}>
              {at === 0 ? 'Start' : last ? 'Finish' : 'Next'}
            </Button>
          </span>
        </div>
      </section>
    </>
  );
}
