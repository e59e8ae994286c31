const declaration = /(?:^|\s)atom:tenant=(\S+)/g;

/**
 * Whose a role of a Postgres server is; null = nobody's. Its comment says so (`atom:tenant=acme`), and then nothing else
 * counts. Without one it is the tenant's whose id it bears, alone or before a full stop (`acme`, `acme.app`): no id contains
 * one, so no name can be read as two tenants'. An underscore proves nothing, since `acme_app` may be a tenant itself.
 */
export function ownerOf({ name, comment }: { name: string; comment: string | null }): string | null {
  const declared = new Set([...(comment ?? '').matchAll(declaration)].map(([, tenant]) => tenant ?? ''));
  if (declared.size > 1) return null;
  const [only] = declared;
  return only ?? name.split('.', 1)[0] ?? null;
}

/** As the cluster allows a namespace to be long. */
const longest = 63;

/**
 * A tenant's namespace; null where none can be named. Ids may hold `_`, namespaces may not: such an id stands behind a further
 * hyphen, which no id begins with, with `_` as `-u` and `-` as `-h`. So no two tenants share one.
 */
export function namespaceOf(prefix: string, tenantId: string): string | null {
  const plain = !tenantId.includes('_');
  if (!plain && prefix === '') return null;
  const rest = plain ? tenantId : `-${tenantId.replace(/[-_]/g, mark => (mark === '-' ? '-h' : '-u'))}`;
  const name = `${prefix}${rest}`;
  return name.length > longest ? null : name;
}
