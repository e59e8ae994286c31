/**
 * What a region's database is: with the console, the operator's, one of a real region that is not connected here, or none
 * at all but in the simulated world. Whether a region is called real or simulated follows from this, everywhere.
 */
export const regionDatabases = ['embedded', 'own', 'unconnected', 'simulated'] as const;
export type RegionDatabase = (typeof regionDatabases)[number];
