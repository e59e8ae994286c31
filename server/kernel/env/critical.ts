import type { Phase, Variable } from './define.ts';

export interface CriticalItem {
  name: string;
  oneOf?: string;
}

/** What is missing of what a phase cannot do without: names, or the group none of whose members is there. */
export function missingCritical(items: readonly CriticalItem[], has: (name: string) => boolean): string[] {
  const groups = new Set(items.flatMap(item => (item.oneOf && has(item.name) ? [item.oneOf] : [])));
  const missing = items.filter(item => (item.oneOf ? !groups.has(item.oneOf) : !has(item.name)));
  return [...new Set(missing.map(item => item.oneOf ?? item.name))];
}

export const criticalOf = (phase: Phase, all: Record<string, Variable>): CriticalItem[] =>
  Object.entries(all)
    .filter(([, v]) => v.critical?.includes(phase))
    .map(([name, v]) => ({ name, ...(v.oneOf ? { oneOf: v.oneOf } : {}) }));
