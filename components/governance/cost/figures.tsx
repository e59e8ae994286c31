import type { ReactNode } from 'react';
import { ScrollArea } from '#components/ui/scroll-area.tsx';

/** A plain table of figures: numbers to the right, words to the left, and its own room to scroll. */
export function Figures({
  label,
  head,
  rows,
}: {
  label: string;
  head: readonly string[];
  rows: readonly { id: string; cells: readonly ReactNode[] }[];
}) {
  return (
    <ScrollArea label={label} className="px-3.5 pb-3">
      <table aria-label={label} className="num w-full text-sm">
        <thead className="text-left text-ink-2">
          <tr>
            {head.map((title, i) => (
              <th
                key={title}
                className={`whitespace-nowrap py-1.5 font-normal ${i === 0 ? '' : 'pl-4 text-right'}`}
              >
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.id} className="border-t">
              {row.cells.map((cell, i) => (
                <td key={head[i]} className={`py-1.5 align-top ${i === 0 ? '' : 'pl-4 text-right'}`}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollArea>
  );
}
