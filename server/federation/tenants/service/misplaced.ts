import type { ReadContext } from '#kernel/trpc/context.ts';
import type { Misplaced } from '../schema.ts';

type Ask = (ctx: ReadContext, tenant: string) => Promise<Misplaced[]>;
const declared: Ask[] = [];

/** Where a tenant's rows are is known to whoever carries them; what its residency says of that is part of an edit's answer. */
export const declareMisplaced = (ask: Ask): void => {
  declared.push(ask);
};

export const misplacedOf = async (ctx: ReadContext, tenant: string): Promise<Misplaced[]> =>
  (await Promise.all(declared.map(ask => ask(ctx, tenant)))).flat();
