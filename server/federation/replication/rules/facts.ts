/** What is asked of both servers before a stream is made; a pure function of it says what is wrong and what mends it. */
export interface ColumnFacts {
  name: string;
  type: string;
  /** The comment says that it holds personal data. */
  personal: boolean;
}

export interface TableFacts {
  columns: ColumnFacts[];
  identity: 'default' | 'nothing' | 'full' | 'index';
  /** Columns of the primary key or of the index that identifies a row; none where nothing does. */
  identityColumns: string[];
  rowSecurity: boolean;
  forced: boolean;
  /** The role that reads (publisher) or applies (subscriber) may do so. */
  permitted: boolean;
  guarded: boolean;
  /** What of the stream's tenants lies there before it is made: rows, or personal values too, which it would not bring; null = nobody looked, or not in time. */
  held: 'nothing' | 'rows' | 'values' | null;
}

export interface Side {
  /** Why it does not answer; null = it does. */
  silent: string | null;
  version: number;
  walLevel: string;
  walKeepMb: number;
  slots: { max: number; used: number; idle: string[] };
  senders: { max: number; used: number };
  origins: { max: number; used: number };
  workers: { max: number; used: number };
  role: {
    name: string;
    exists: boolean;
    bypass: boolean;
    replication: boolean;
    subscribes: boolean;
    login: boolean;
  };
  /** Whose triggers make keyed hashes, may not use the schema that does so, and cannot be let in by the console. */
  shutOut: string[];
  /** Nobody took the right to write from it since it had it last. */
  writes: boolean;
  tables: Record<string, TableFacts | null>;
}

export interface Facts {
  publisher: Side;
  subscriber: Side;
}

export interface WantedStream {
  publication: string;
  tables: { table: string; columns: string[] }[];
  tenants: readonly string[];
  raw: boolean;
  /** Streams that bring rows of these tenants to the same mirror already, by table. */
  fed?: Record<string, string>;
}

export const tenantColumn = 'tenant_id';
