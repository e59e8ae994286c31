export const policyStates = ['new', 'active', 'revoked'] as const;
