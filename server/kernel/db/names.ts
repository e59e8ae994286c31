/** The console's tables live in a schema of their own, so that a shared database stays tidy. */
export const schemaName = 'atom';

export const databaseRoles = [
  'atom_owner',
  'atom_app',
  'atom_tenant',
  'atom_auditor',
  'atom_ingest',
] as const;
export type DatabaseRole = (typeof databaseRoles)[number];
