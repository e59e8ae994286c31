import { useId } from 'react';
import { Checkbox } from '#components/ui/input.tsx';

/** Several of a few, under one title. */
export function Choices<T extends string>({
  title,
  options,
  chosen,
  onToggle,
  error,
}: {
  title: string;
  options: T[];
  chosen: T[];
  onToggle: (value: T, on: boolean) => void;
  error?: string | undefined;
}) {
  const legend = useId();
  return (
    <fieldset aria-labelledby={legend} className="grid gap-1.5">
      <span id={legend} className="font-medium">
        {title}
      </span>
      <div className="flex flex-wrap gap-x-4 gap-y-1.5">
        {options.map(option => (
          <Checkbox
            key={option}
            label={option}
            checked={chosen.includes(option)}
            onChange={e => onToggle(option, e.target.checked)}
          />
        ))}
      </div>
      {error ? <p className="text-bad text-sm">{error}</p> : null}
    </fieldset>
  );
}
