import { TRPCError } from '@trpc/server';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { asDomainError } from './init.ts';

const failure = z.strictObject({ name: z.string() }).safeParse({ name: 1 }).error;

it('blames the caller for a wrong input, and never for an answer of ours that does not fit', () => {
  expect(asDomainError(new TRPCError({ code: 'BAD_REQUEST', cause: failure }))).toMatchObject({
    kind: 'invalid',
    details: { issues: [{ field: 'name' }] },
  });
  expect(asDomainError(new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: failure }))).toBeNull();
});
