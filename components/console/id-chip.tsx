import { CopyButton } from '#components/ui/copy-button.tsx';

/** Hashes and ids: mono, shortened, copyable whole. */
export function IdChip({ id, label = 'Copy' }: { id: string; label?: string }) {
  return (
    <span className="inline-flex items-center gap-1 font-mono text-sm" title={id}>
      {id.length > 16 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id}
      <CopyButton text={id} label={label} />
    </span>
  );
}
