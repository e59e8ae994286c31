import { DomainError } from '../errors/domain-error.ts';
import type { Database } from './database.ts';

/** The same database with one door: the role without any write grant. Whatever else is asked for, that is what it gets. */
export const readOnlyDatabase = (database: Database): Database => ({
  read: database.read,
  pool: () => database.pool('atom_auditor'),
  holds: () => database.pool('atom_auditor'),
  url: () => database.url('atom_auditor'),
  write: () =>
    Promise.reject(new DomainError('denied', 'portal.read_only', 'Nothing can be changed from here.')),
  close: async () => {},
});
