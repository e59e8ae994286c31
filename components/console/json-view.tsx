import { CopyButton } from '#components/ui/copy-button.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';

export function JsonView({ value }: { value: unknown }) {
  const text = JSON.stringify(value, null, 2);
  return (
    <div className="relative">
      <div className="absolute top-2 right-2">
        <CopyButton text={text} label="Copy JSON" />
      </div>
      <ScrollArea label="JSON" className="max-h-[60vh] rounded-md bg-sunken p-3">
        <pre className="font-mono text-sm">{text}</pre>
      </ScrollArea>
    </div>
  );
}
