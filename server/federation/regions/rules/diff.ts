import type { Json } from '#kernel/ledger/event.ts';

export interface Difference {
  what: string;
  before: Json;
  after: Json;
}

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What differs between two views, leaf by leaf; lists are compared whole. */
export function differences(before: Json, after: Json, path = ''): Difference[] {
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return names.flatMap(name =>
      differences(before[name] ?? null, after[name] ?? null, path ? `${path}, ${name}` : name),
    );
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ what: path, before, after }];
}
