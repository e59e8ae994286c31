import { Button } from '#components/ui/button.tsx';

interface Props {
  offset: number;
  /** Null on the last page. */
  next: number | null;
  onOffset: (offset: number) => void;
  pageSize?: number;
}

/** For short lists that are seldom longer than a page; there is nothing to see where one page is all. */
export function Pager({ offset, next, onOffset, pageSize = 50 }: Props) {
  if (offset === 0 && next === null) return null;
  return (
    <nav aria-label="Pages" className="flex items-center gap-2 px-3.5 py-2">
      <Button
        size="sm"
        why={offset === 0 ? 'This is the first page.' : null}
        onClick={() => onOffset(Math.max(0, offset - pageSize))}
      >
        Previous
      </Button>
      <Button
        size="sm"
        why={next === null ? 'This is the last page.' : null}
        onClick={() => next !== null && onOffset(next)}
      >
        Next
      </Button>
      <span className="text-ink-3 text-sm">from {offset + 1}</span>
    </nav>
  );
}
