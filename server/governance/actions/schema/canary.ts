/** On what a change was tried, as pages and the log say it. */
export const canaryWords = ({
  fraction,
  replayedMinutes,
}: {
  fraction: number;
  replayedMinutes?: number | undefined;
}): string =>
  replayedMinutes === undefined
    ? `on ${Math.round(fraction * 100)} % of it`
    : `on a copy of the simulated world that lives through the last ${replayedMinutes} minutes again`;
