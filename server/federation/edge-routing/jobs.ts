import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { runFailover, runMove } from './service.ts';

const run = defineJob({
  name: 'edge_routing.failover',
  title: 'Carry out a failover, from wherever it is',
  payload: z.strictObject({ id: z.uuid() }),
  timeoutSeconds: 120,
  maxAttempts: 25,
  // No queue: each is held by itself, and one whose target is silent keeps no other waiting.
  run: ({ id }, { ctx }) => runFailover(ctx, id),
});

const move = defineJob({
  name: 'edge_routing.move',
  title: 'Move the home of a tenant, from wherever it is',
  payload: z.strictObject({ id: z.uuid() }),
  timeoutSeconds: 180,
  maxAttempts: 10,
  queue: 'moves',
  run: ({ id }, { ctx }) => runMove(ctx, id),
});

export const failoverJobs: readonly AnyJob[] = [run, move];
