export const regionEnvironments = ['production', 'staging', 'simulation'] as const;

export const regionStates = [
  'pending',
  'active',
  'degraded',
  'unreachable',
  'quarantined',
  'retired',
] as const;
export type RegionState = (typeof regionStates)[number];
