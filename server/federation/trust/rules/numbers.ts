/**
 * Numbers that others hold and compare: of revocations, and of our own bundles. They grow, and none is ever given twice, also
 * not by a console that was put back as it was before: the time in milliseconds lies above whatever was given until now.
 * Where that is not so, because the clock was wrong or several come at once, `leap` (0 to 1) keeps a number that was given by
 * a lost console from being met by counting.
 */
export function nextNumber(highest: number, now: number, leap: number): number {
  return now > highest ? now : highest + 1 + Math.floor(leap * 1_000_000);
}

/** What is said to have been heard is believed up to here; numbers above stay free for those that are given. */
export const highestBelieved = 2 ** 52;

export interface Said {
  target: string;
  sequence: number;
}

/**
 * What listeners say to have heard, against what was given here: those who heard, and the highest number that only a console
 * could have given of which this one is an older copy. A number below that was never given says nothing: whoever holds it is
 * told a higher one.
 */
export function weighSaid(
  said: readonly Said[],
  { standing, given }: { standing: number; given: readonly number[] },
): { heard: Said[]; stranger: Said | null } {
  const strangers = said.filter(({ sequence }) => sequence > standing && sequence <= highestBelieved);
  return {
    heard: said.filter(({ sequence }) => given.includes(sequence)),
    stranger: strangers.toSorted((a, b) => b.sequence - a.sequence)[0] ?? null,
  };
}
