import { CopyButton } from '#components/ui/copy-button.tsx';

export function JsonView({ value }: { value: unknown }) {
  const text = JSON.stringify(value, null, 2);
  return (
    <div className="relative">
      <div className="absolute top-2 right-2">
        <CopyButton text={text} label="Copy JSON" />
      </div>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
        tabIndex={0}
        className="max-h-[60vh] overflow-auto rounded-md bg-sunken p-3 font-mono text-sm"
      >
        {text}
      </pre>
    </div>
  );
}
