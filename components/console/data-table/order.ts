/** Columns as the person put them; columns that came later stay where they come by themselves. */
export function ordered<Column extends { id: string }>(
  columns: readonly Column[],
  order: readonly string[],
): Column[] {
  const known = order.flatMap(id => columns.find(column => column.id === id) ?? []);
  const result = [...known];
  for (const [at, column] of columns.entries()) {
    if (known.includes(column)) continue;
    const before = columns.slice(0, at).findLast(c => result.includes(c));
    result.splice(before ? result.indexOf(before) + 1 : 0, 0, column);
  }
  return result;
}

/** The whole order after one column went to stand where another stands. */
export function moved(ids: readonly string[], id: string, to: number): string[] {
  const from = ids.indexOf(id);
  if (from < 0) return [...ids];
  const rest = ids.filter(other => other !== id);
  rest.splice(Math.max(0, Math.min(rest.length, to)), 0, id);
  return rest;
}
