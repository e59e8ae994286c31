'use client';

import { useQuery } from '@tanstack/react-query';
import { usePathname } from 'next/navigation';
import { parseAsString, useQueryStates } from 'nuqs';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { useTRPC } from '../live/trpc.ts';
import { everything, isNarrowed, type Scope, scopeKeys } from './scope-words.ts';

interface ScopeState {
  scope: Scope;
  setScope: (change: Partial<Scope>) => void;
  clear: () => void;
}

const ScopeContext = createContext<ScopeState>({ scope: everything, setScope: () => {}, clear: () => {} });

/** What the page is about: read by every list that knows environments, regions or tenants. */
export const useScope = (): ScopeState => useContext(ScopeContext);

const againMs = 1_000;
const parsers = { environment: parseAsString, region: parseAsString, tenant: parseAsString };

/** The URL says the scope; a link that says none keeps the one that was there, and gets it written into its address. */
export function ScopeProvider({ children }: { children: ReactNode }) {
  const path = usePathname();
  const [inUrl, setUrl] = useQueryStates(parsers, { history: 'replace', urlKeys: scopeKeys });
  const [kept, setKept] = useState<Scope>(inUrl);
  const stated = isNarrowed(inUrl);
  const scope = stated ? inUrl : kept;
  // An address that says a scope is the truth from then on.
  useEffect(() => {
    if (stated) setKept({ environment: inUrl.environment, region: inUrl.region, tenant: inUrl.tenant });
  }, [stated, inUrl.environment, inUrl.region, inUrl.tenant]);
  // On every new address without one, in whatever order path and query of a navigation arrive here.
  useEffect(() => {
    if (path && !stated && isNarrowed(kept)) void setUrl(kept);
  }, [path, stated, kept, setUrl]);
  // A navigation that was still under way takes what was written with it, and nobody tells.
  useEffect(() => {
    if (!isNarrowed(scope)) return;
    const timer = setInterval(() => {
      const said = new URLSearchParams(window.location.search);
      if (!Object.values(scopeKeys).some(key => said.has(key))) void setUrl(scope);
    }, againMs);
    return () => clearInterval(timer);
  }, [scope, setUrl]);
  const setScope = useCallback(
    (change: Partial<Scope>) => {
      const next = { ...scope, ...change };
      setKept(next);
      void setUrl(next);
    },
    [scope, setUrl],
  );
  const clear = useCallback(() => {
    setKept(everything);
    void setUrl(everything);
  }, [setUrl]);
  const value = useMemo(() => ({ scope, setScope, clear }), [scope, setScope, clear]);
  return <ScopeContext.Provider value={value}>{children}</ScopeContext.Provider>;
}

/** For lists of tenants: the scope as a filter. */
export function useTenantScope() {
  const { scope } = useScope();
  return useMemo(
    () => ({
      ...(isEnvironment(scope.environment) ? { environment: [scope.environment] } : {}),
      ...(scope.region === null ? {} : { region: [scope.region] }),
      ...(scope.tenant === null ? {} : { id: [scope.tenant] }),
    }),
    [scope],
  );
}

/** For lists of regions: a tenant's regions are where it may live. */
export function useRegionScope() {
  const { scope } = useScope();
  const trpc = useTRPC();
  const { data: tenant } = useQuery({
    ...trpc.tenants.get.queryOptions({ id: scope.tenant ?? '' }),
    enabled: scope.tenant !== null,
  });
  return useMemo(() => {
    const lived = tenant ? [...new Set([tenant.homeRegion, ...tenant.allowedRegions])] : null;
    const ids =
      scope.region === null ? lived : lived === null || lived.includes(scope.region) ? [scope.region] : [];
    return {
      ...(isEnvironment(scope.environment) ? { environment: [scope.environment] } : {}),
      ...(ids === null ? {} : { id: ids }),
    };
  }, [scope, tenant]);
}

/** A filter of a list chooses within the scope and never steps out of it; null when nothing lies in both. */
export function within(
  wanted: readonly string[] | undefined,
  scope: readonly string[] | undefined,
): readonly string[] | null | undefined {
  if (!wanted?.length || !scope) return wanted?.length ? wanted : scope;
  const both = wanted.filter(value => scope.includes(value));
  return both.length > 0 ? both : null;
}

export const scopeEnvironments = ['production', 'staging', 'simulation'] as const;
const isEnvironment = (value: string | null): value is (typeof scopeEnvironments)[number] =>
  (scopeEnvironments as readonly (string | null)[]).includes(value);
