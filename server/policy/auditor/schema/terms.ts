export const policyNames = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7'] as const;
export type PolicyName = (typeof policyNames)[number];

export const findingResults = ['pass', 'fail', 'warn', 'error', 'skip'] as const;
export type FindingResult = (typeof findingResults)[number];
