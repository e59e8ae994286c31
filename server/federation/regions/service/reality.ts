import { regionDatabasesOf } from '#kernel/regions/servers.ts';

/** As it is called: real where its database is. */
export function calledBy() {
  const databaseOf = regionDatabasesOf();
  return <Kept extends { id: string; simulated: boolean }>(kept: Kept) => {
    const database = databaseOf(kept);
    return { ...kept, database, simulated: database === 'simulated', simulatedPulse: kept.simulated };
  };
}
