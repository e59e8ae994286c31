import type { ReadContext } from '../trpc/context.ts';
import type { ApprovalQuestion, StoredCall } from './port.ts';

/** Something that waits for an approval and can be named by an id from outside, such as a planned execution. */
export interface ApprovableSubject {
  policy: string;
  call: StoredCall;
  question: ApprovalQuestion;
}

type Finder = (ctx: ReadContext, id: string) => Promise<ApprovableSubject | null>;
const finders = new Map<string, Finder>();

/** A system says how its subjects are found; kinds are tried in the order in which they were declared. */
export const declareSubjects = (kind: string, find: Finder): void => {
  finders.set(kind, find);
};

export async function findSubject(ctx: ReadContext, id: string): Promise<ApprovableSubject | null> {
  for (const find of finders.values()) {
    const found = await find(ctx, id);
    if (found) return found;
  }
  return null;
}
