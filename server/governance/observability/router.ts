import { command } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import { eventInput, ingested, ingestResult, linesInput, revealed, revealInput } from './schema.ts';
import { ingestMany, ingestOne } from './service/ingest.ts';
import { reveal } from './service/redaction.ts';

export const telemetryRouter = router({
  ingest: command({ permission: 'telemetry:write', audit: 'telemetry.ingested' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/ingest/event',
        summary: 'Take one event; on port 8801 also arrays, streams and other formats',
      },
    })
    .input(eventInput)
    .output(ingested)
    .mutation(({ ctx, input }) => ingestOne(ctx, input)),
  ingestMany: command({ permission: 'telemetry:write', audit: 'telemetry.ingested' })
    .input(linesInput)
    .output(ingestResult)
    .mutation(({ ctx, input }) => ingestMany(ctx, input)),
  reveal: command({
    permission: 'telemetry:reveal',
    audit: 'telemetry.revealed',
    stepUp: { maxAgeMinutes: 10, onlyIfEnrolled: true, tokensToo: true },
  })
    .meta({
      openapi: {
        method: 'POST',
        path: '/telemetry/reveal',
        summary: 'Turn redaction tokens of a tenant back into what they stand for',
        success: 200,
      },
    })
    .input(revealInput)
    .output(revealed)
    .mutation(({ ctx, input }) => reveal(ctx, input)),
});
