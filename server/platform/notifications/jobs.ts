import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { acceptPayload, retirePayload } from './schema.ts';
import { acceptMessage, retireMessages } from './service/accept.ts';
import { deliver } from './service/deliver.ts';
import { sweep } from './service/sweep.ts';

const accept = defineJob({
  name: 'notifications.accept',
  title: 'Take a message and plan who hears of it',
  payload: acceptPayload,
  timeoutSeconds: 30,
  maxAttempts: 10,
  run: async (payload, { ctx }) => {
    await acceptMessage(ctx, payload);
  },
});

const retire = defineJob({
  name: 'notifications.retire',
  title: 'Take the messages of a settled matter back',
  payload: retirePayload,
  timeoutSeconds: 30,
  maxAttempts: 10,
  run: (payload, { ctx }) => retireMessages(ctx, payload),
});

const send = defineJob({
  name: 'notifications.deliver',
  title: 'Deliver a message over one channel',
  payload: z.strictObject({ id: z.uuid() }),
  timeoutSeconds: 50,
  maxAttempts: 3,
  run: ({ id }, { ctx, signal }) => deliver(ctx, id, { signal }),
});

const tidy = defineJob({
  name: 'notifications.sweep',
  title: 'Pick up deliveries that were left behind, and expire messages',
  payload: z.strictObject({}),
  schedule: '* * * * *',
  timeoutSeconds: 55,
  maxAttempts: 1,
  queue: 'notifications.sweep',
  run: (_payload, { ctx, signal }) => sweep(ctx, { signal }),
});

export const notificationJobs: readonly AnyJob[] = [accept, retire, send, tidy];
