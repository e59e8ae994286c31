import { Search } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Input } from '#components/ui/input.tsx';

/** Filters while one types, a moment behind; `/` jumps into it. */
export function SearchBox({
  value,
  onChange,
  placeholder,
  label = placeholder,
}: {
  value: string;
  onChange: (text: string) => void;
  placeholder: string;
  label?: string;
}) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), 150);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <div className="relative w-full sm:w-64">
      <Search aria-hidden className="absolute top-2 left-2.5 size-3.5 text-ink-3" />
      <Input
        data-table-search
        value={text}
        onChange={event => setText(event.target.value)}
        placeholder={placeholder}
        aria-label={label}
        className="h-7 pl-8"
      />
    </div>
  );
}
