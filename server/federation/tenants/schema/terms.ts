export const consentPurposes = ['replication', 'analytics', 'federated-learning', 'sharing'] as const;

export const dataClasses = ['public', 'internal', 'personal', 'health', 'financial'] as const;

export const environments = ['production', 'staging', 'simulation'] as const;

export const tiers = ['free', 'standard', 'premium', 'critical'] as const;

export const tenantStates = ['active', 'suspended'] as const;
