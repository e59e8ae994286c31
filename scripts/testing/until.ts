const patienceMs = Number(process.env.ATOM_TEST_PATIENCE_MS ?? 60_000);

/**
 * Waits until `look` finds something, and gives it. Generous: on a busy machine only the order of things is the same, so that
 * a shorter time would judge the machine. What failed to come is named, with the last error and what `why` knows.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | false | undefined> | T | null | false | undefined,
  why?: () => Promise<unknown>,
): Promise<T> {
  const end = performance.now() + patienceMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const found = await look();
      if (found) return found;
    } catch (error) {
      last = error;
    }
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  throw new Error(`Waited in vain: ${what}. ${last ?? ''} ${JSON.stringify(await why?.()) ?? ''}`);
}
