import { cn } from '#components/ui/cn.ts';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import { diffJson } from './diff.ts';

const show = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** Before and after, with signs as well as colour; what stayed the same is left out unless asked for. */
export function DiffView({
  before,
  after,
  showSame = false,
}: {
  before: unknown;
  after: unknown;
  showSame?: boolean;
}) {
  const lines = diffJson(before, after).filter(line => showSame || line.kind !== 'same');
  if (lines.length === 0) return <p className="text-ink-2">Nothing changes.</p>;
  const rows = lines.flatMap(line => [
    ...(line.kind === 'removed' || line.kind === 'changed'
      ? [{ sign: '-', path: line.path, value: line.before }]
      : []),
    ...(line.kind === 'added' || line.kind === 'changed'
      ? [{ sign: '+', path: line.path, value: line.after }]
      : []),
    ...(line.kind === 'same' ? [{ sign: ' ', path: line.path, value: line.after }] : []),
  ]);
  return (
    <ScrollArea label="What changes" className="rounded-md bg-sunken p-3">
      <pre className="font-mono text-sm leading-relaxed">
        {rows.map(row => (
          <div
            key={`${row.sign}${row.path}`}
            className={cn(row.sign === '+' && 'text-ok', row.sign === '-' && 'text-bad')}
          >
            {row.sign} {row.path}: {show(row.value)}
          </div>
        ))}
      </pre>
    </ScrollArea>
  );
}
