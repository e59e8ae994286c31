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
  children?: Omit<NavigationItem, 'children' | 'icon'>[];
}
