import type { ReactNode } from 'react';

export interface Column<Row> {
  id: string;
  label: string;
  cell: (row: Row) => ReactNode;
  /** The name the server sorts by; absent = not sortable. */
  sort?: string;
  /** Share of the width. */
  width: number;
  /** Never narrower than this many rem: a word that must not be cut. */
  least?: number;
  /** Left out on narrow screens. */
  wide?: boolean;
  align?: 'end';
}

export interface Facet {
  id: string;
  label: string;
  options: { value: string; label?: string; count?: number }[];
}
