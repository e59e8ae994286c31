'use client';

import { useFailover } from './failover-phrase.tsx';

/** Regions whose database the observers agree is down; the console may still hear their heartbeats, which others send. */
export function useDownRegions(): ReadonlySet<string> {
  const { data } = useFailover();
  return new Set((data?.regions ?? []).flatMap(({ region, down }) => (down === true ? [region] : [])));
}
