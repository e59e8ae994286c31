import type { ComponentType } from 'react';

export interface NavigationItem {
  id: string;
  label: string;
  href: string;
  icon: ComponentType<{ className?: string }>;
  /** Hidden without it. */
  permission?: string;
  /** Keys after `g`. */
  shortcut?: string;
  /** Name of what is counted on it, live: alerts open, jobs failed. */
  count?: string;
  children?: Omit<NavigationItem, 'children' | 'icon'>[];
}
