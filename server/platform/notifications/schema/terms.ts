export const kinds = ['approval', 'alert', 'security', 'system'] as const;
