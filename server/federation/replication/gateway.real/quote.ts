import { quoteName, quoteText } from '#kernel/regions/sql.ts';
import { tenantColumn } from '../rules/facts.ts';

/** The role that owns subscriptions where it exists; else whoever the console connects as. */
export const applyRole = 'atom_apply';

export const quoteTable = (table: string): string => table.split('.').map(quoteName).join('.');
export const tenantFilter = (tenants: readonly string[]): string =>
  `${quoteName(tenantColumn)} in (${tenants.map(quoteText).join(', ')})`;
