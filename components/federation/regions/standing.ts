import type { RegionRow } from '#server/federation/regions/schema.ts';

export const databaseDown = 'database down';
export type Standing = RegionRow['state'] | typeof databaseDown;

/** A region that is heard from and whose database nobody reaches is not active, whatever its heartbeats say. */
export const standingOf = <S extends string>(
  { id, state }: { id: string; state: S },
  down: ReadonlySet<string>,
): S | typeof databaseDown =>
  down.has(id) && (state === 'active' || state === 'degraded') ? databaseDown : state;
