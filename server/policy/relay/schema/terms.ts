export const relayStates = ['pending', 'admitted', 'quarantined', 'revoked'] as const;
