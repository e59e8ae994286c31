export interface DiffLine {
  path: string;
  kind: 'added' | 'removed' | 'changed' | 'same';
  before?: unknown;
  after?: unknown;
}

/** Structural difference of two JSON values, by path, in the order in which a person reads them. */
export function diffJson(before: unknown, after: unknown, path = ''): DiffLine[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap(key => {
      const at = path ? `${path}.${key}` : key;
      if (!(key in before)) return [{ path: at, kind: 'added', after: after[key] } as const];
      if (!(key in after)) return [{ path: at, kind: 'removed', before: before[key] } as const];
      return diffJson(before[key], after[key], at);
    });
  }
  const same = JSON.stringify(before) === JSON.stringify(after);
  return [same ? { path, kind: 'same', before, after } : { path, kind: 'changed', before, after }];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
