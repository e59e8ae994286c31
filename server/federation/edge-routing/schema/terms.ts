/** What the product aims at, beside what each run measured. */
export const failoverAims = { detectSeconds: 10, switchSeconds: 15 } as const;
