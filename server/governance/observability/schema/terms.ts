export const severities = ['debug', 'info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];
