import type { DeclaredProcedure } from '#kernel/controls/procedures.ts';

let built: ReadonlyMap<string, ReadonlySet<string>> = new Map();

/** Said by the router of routers, once: which systems this console contains, and which entries their commands write. */
export function declareBuilt(procedures: readonly DeclaredProcedure[]): void {
  const found = new Map<string, Set<string>>();
  for (const { path, meta } of procedures) {
    const key = path.split('.')[0] ?? '';
    const types = found.get(key) ?? new Set();
    for (const type of meta?.audit?.split(' ') ?? []) types.add(type);
    found.set(key, types);
  }
  built = found;
}

export const isBuilt = (key: string): boolean => built.has(key);
export const entryTypesOf = (key: string): string[] => [...(built.get(key) ?? [])];
