export type { SnapshotStore } from './schema.ts';
