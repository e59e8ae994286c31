export const outcomes = ['ranked', 'insufficient_evidence'] as const;
