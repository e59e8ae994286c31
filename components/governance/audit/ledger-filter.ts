'use client';

import { parseAsArrayOf, parseAsBoolean, parseAsString, useQueryStates } from 'nuqs';
import { useMemo } from 'react';
import { channels, outcomes } from '#server/governance/audit/schema/terms.ts';
import type { EntryFilter } from '#server/governance/audit/schema.ts';

export const facetIds = ['type', 'system', 'outcome', 'actor', 'tenant', 'channel'] as const;
export type FacetId = (typeof facetIds)[number];

const many = parseAsArrayOf(parseAsString).withDefault([]);
const parsers = {
  q: parseAsString.withDefault(''),
  type: many,
  system: many,
  outcome: many,
  actor: many,
  tenant: many,
  channel: many,
  from: parseAsString,
  to: parseAsString,
  target: parseAsString,
  routine: parseAsBoolean.withDefault(false),
  peek: parseAsString,
};

const known = <T extends string>(values: string[], of: readonly T[]): T[] =>
  of.filter(value => values.includes(value));

const instant = (text: string | null) =>
  text && !Number.isNaN(Date.parse(text)) ? new Date(text).toISOString() : null;

/** What the ledger shows is in the URL; what somebody typed there that means nothing is left out. */
export function useLedgerFilter() {
  const [state, set] = useQueryStates(parsers, { history: 'replace', throttleMs: 100 });
  const filter = useMemo((): Partial<EntryFilter> => {
    const [from, to] = [instant(state.from), instant(state.to)];
    const outcome = known(state.outcome, outcomes);
    const channel = known(state.channel, channels);
    return {
      ...(state.q ? { search: state.q.slice(0, 100) } : {}),
      ...(state.type.length ? { type: state.type } : {}),
      ...(state.system.length ? { system: state.system } : {}),
      ...(outcome.length ? { outcome } : {}),
      ...(state.actor.length ? { actor: state.actor } : {}),
      ...(state.tenant.length ? { tenant: state.tenant } : {}),
      ...(channel.length ? { channel } : {}),
      ...(from ? { from } : {}),
      ...(to ? { to } : {}),
      ...(state.target ? { target: state.target } : {}),
      ...(state.routine ? { routine: true } : {}),
    };
  }, [state]);
  const filtered = Object.keys(filter).length > 0;
  const clear = () =>
    set({
      q: null,
      from: null,
      to: null,
      target: null,
      routine: null,
      ...Object.fromEntries(facetIds.map(id => [id, null])),
    });
  return { state, set, filter, filtered, clear };
}

export type LedgerFilter = ReturnType<typeof useLedgerFilter>;
