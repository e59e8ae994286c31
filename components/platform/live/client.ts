import { QueryCache, QueryClient } from '@tanstack/react-query';
import {
  createTRPCClient,
  httpBatchStreamLink,
  httpSubscriptionLink,
  retryLink,
  splitLink,
  TRPCClientError,
} from '@trpc/client';
import type { AppRouter } from '#server/root.ts';
import { goToSignIn } from '../sessions/sign-in-client.ts';
import { problemIn } from './problem.ts';

const url = '/api/trpc';

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    // A session that was ended elsewhere leads back to the door, and from there back to this page.
    queryCache: new QueryCache({
      onError: error => {
        if (problemIn(error)?.kind === 'unauthenticated') goToSignIn();
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // The stream tells what changed; a refusal does not get better by asking again.
        retry: (failures, error) =>
          failures < 2 && !(error instanceof TRPCClientError && (error.data?.httpStatus ?? 500) < 500),
      },
    },
  });
}

export const makeClient = () =>
  createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: operation => operation.type === 'subscription',
        true: [
          retryLink({
            retry: () => true,
            retryDelayMs: attempt => Math.random() * Math.min(10_000, 250 * 2 ** attempt),
          }),
          httpSubscriptionLink({ url }),
        ],
        false: splitLink({
          // A key makes its command safe to repeat, so it travels alone with its own header.
          condition: operation => operation.type === 'mutation',
          true: httpBatchStreamLink({
            url,
            maxItems: 1,
            // What was asked for is carried out also when one leaves the page at once. Browsers allow it for 64 KB.
            fetch: (input, options) =>
              fetch(input as RequestInfo, {
                ...(options as RequestInit),
                keepalive: typeof options?.body === 'string' && options.body.length < 30_000,
              }),
            headers: ({ opList }) => ({ 'x-atom-csrf': '1', ...keyOf(opList[0]?.context) }),
          }),
          false: httpBatchStreamLink({ url }),
        }),
      }),
    ],
  });

const keyOf = (context: Record<string, unknown> | undefined): Record<string, string> =>
  typeof context?.idempotencyKey === 'string' ? { 'idempotency-key': context.idempotencyKey } : {};
