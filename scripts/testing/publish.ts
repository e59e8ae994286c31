import { publishPolicy, rollbackPolicy } from '#server/policy/hub/service/publish.ts';

const out = <T extends object>(result: T): Exclude<T, { requestId: string }> => {
  if ('requestId' in result) throw new Error('It waits for approval.');
  return result as Exclude<T, { requestId: string }>;
};

/** Where nobody has to agree: the published version, not a request. */
export const publishNow = async (...given: Parameters<typeof publishPolicy>) =>
  out(await publishPolicy(...given));
export const rollbackNow = async (...given: Parameters<typeof rollbackPolicy>) =>
  out(await rollbackPolicy(...given));
