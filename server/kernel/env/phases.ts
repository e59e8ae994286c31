export const phases = ['G.1', 'G.3', 'G.5', 'H.4', 'I.1'] as const;
export type Phase = (typeof phases)[number];
