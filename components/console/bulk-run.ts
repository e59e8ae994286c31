export interface BulkFailure {
  id: string;
  message: string;
}

export interface BulkResult {
  changed: string[];
  already: string[];
  failed: BulkFailure[];
}

export const noResult: BulkResult = { changed: [], already: [], failed: [] };

export const together = (a: BulkResult, b: BulkResult): BulkResult => ({
  changed: [...a.changed, ...b.changed],
  already: [...a.already, ...b.already],
  failed: [...a.failed, ...b.failed],
});

/** In order, a batch at a time; a batch that cannot be sent fails as a whole, and what was done before stays done. */
export async function runInBatches(
  ids: readonly string[],
  size: number,
  run: (ids: string[]) => Promise<BulkResult>,
  onProgress: (done: number, result: BulkResult) => void,
  stopped: () => boolean,
): Promise<BulkResult> {
  let result = noResult;
  for (let at = 0; at < ids.length && !stopped(); at += size) {
    const batch = ids.slice(at, at + size);
    try {
      result = together(result, await run(batch));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      result = together(result, { ...noResult, failed: batch.map(id => ({ id, message })) });
      onProgress(at + batch.length, result);
      return result;
    }
    onProgress(at + batch.length, result);
  }
  return result;
}
