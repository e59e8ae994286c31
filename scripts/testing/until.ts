const everyMs = 50;

/** Nothing waits by the clock: looks until it is so, and fails with what it never came to. */
export async function until(what: string, is: () => Promise<boolean>, looks = 400): Promise<void> {
  for (let i = 0; i < looks; i += 1) {
    if (await is()) return;
    await new Promise(resolve => setTimeout(resolve, everyMs));
  }
  throw new Error(`It never came to this: ${what}`);
}
