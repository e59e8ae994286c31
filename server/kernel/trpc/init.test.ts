import { TRPCError } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { asDomainError, t } from './init.ts';

const failure = z.strictObject({ name: z.string() }).safeParse({ name: 1 }).error;

it('blames the caller for a wrong input, and never for an answer of ours that does not fit', () => {
  expect(asDomainError(new TRPCError({ code: 'BAD_REQUEST', cause: failure }))).toMatchObject({
    kind: 'invalid',
    details: { issues: [{ field: 'name' }] },
  });
  expect(asDomainError(new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: failure }))).toBeNull();
});

const router = t.router({ say: t.procedure.input(z.strictObject({ a: z.number() })).mutation(() => 'said') });
const json = { 'content-type': 'application/json' };

it.each([
  [
    'a body that is no JSON',
    'say',
    { method: 'POST', headers: json, body: '{"a":' },
    400,
    'request.malformed',
  ],
  [
    'a body of another type',
    'say',
    { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' },
    415,
    'request.content_type',
  ],
  [
    'a procedure that is not there',
    'nothing',
    { method: 'POST', headers: json, body: '{}' },
    404,
    'request.no_such_path',
  ],
  ['a mutation asked as a query', 'say', { method: 'GET' }, 405, 'request.method'],
  ['a wrong type', 'say', { method: 'POST', headers: json, body: '{"a":"1"}' }, 400, 'request.invalid'],
])('tells the caller of %s what is wrong', async (_what, path, init, status, code) => {
  const answer = await fetchRequestHandler({
    endpoint: '/',
    req: new Request(`http://console/${path}`, init),
    router,
    createContext: () => ({ request: {} }) as never,
  });
  const { error } = (await answer.json()) as {
    error: { data: { problem: { code: string; status: number } } };
  };
  expect([answer.status, error.data.problem.status, error.data.problem.code]).toEqual([status, status, code]);
});
