const listed = new Intl.ListFormat('en', { type: 'conjunction' });

export const notKept = (policies: readonly string[]): string =>
  `${listed.format(policies)} ${policies.length === 1 ? 'is' : 'are'} not kept`;

/** One kind of thing needs a look; several things, or several kinds of them, need one. */
export const needLook = (counts: readonly { n: number }[]): string =>
  counts.length === 1 && counts[0]?.n === 1 ? 'needs a look' : 'need a look';

export const many = (n: number, one: string, more: string): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : more}`;

/** Milliseconds as people say them. */
export const duration = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`;
