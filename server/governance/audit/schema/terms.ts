export const exportLimits = { jsonl: 100_000, csv: 100_000, zip: 10_000 } as const;

export const channels = ['console', 'rest', 'cli', 'job', 'test'] as const;

export const outcomes = ['done', 'refused', 'failed', 'requested', 'noted'] as const;
