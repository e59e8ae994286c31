export interface Scope {
  environment: string | null;
  region: string | null;
  tenant: string | null;
}

export const everything: Scope = { environment: null, region: null, tenant: null };
export const scopeKeys = { environment: 'in-environment', region: 'in-region', tenant: 'in-tenant' } as const;
export const scopeParts = Object.keys(scopeKeys) as (keyof Scope)[];

export const isNarrowed = (scope: Scope): boolean => scopeParts.some(part => scope[part] !== null);

/** The same place, seen through the scope: what the address already says about the scope stands. */
export function withScope(href: string, scope: Scope): string {
  if (!isNarrowed(scope) || !href.startsWith('/') || href.startsWith('/api/')) return href;
  const [before = '', hash] = href.split('#');
  const [path = '', query = ''] = before.split('?');
  const params = new URLSearchParams(query);
  if (scopeParts.some(part => params.has(scopeKeys[part]))) return href;
  for (const part of scopeParts) {
    const value = scope[part];
    if (value !== null) params.set(scopeKeys[part], value);
  }
  return `${path}?${params}${hash === undefined ? '' : `#${hash}`}`;
}
