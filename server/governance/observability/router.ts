import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import {
  eventFacets,
  eventFound,
  eventInput,
  eventRef,
  histogram,
  ingested,
  ingestResult,
  linesInput,
  revealed,
  revealInput,
  searchFilter,
  searchInput,
  searchResult,
  seriesInput,
  seriesPoints,
  sourceList,
  telemetryStatus,
  templateList,
  templatesInput,
} from './schema.ts';
import { ingestMany, ingestOne } from './service/ingest.ts';
import { readEvent, readPoints, readStatus } from './service/read.ts';
import { reveal } from './service/redaction.ts';
import { eventHistogram, eventFacets as facetsOf, listTemplates, searchEvents } from './service/search.ts';
import { readSources } from './service/sources.ts';

export const telemetryRouter = router({
  search: read({ permission: 'telemetry:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/telemetry/events',
        summary: 'Search events by words, meaning and facets; newest first without words',
      },
    })
    .input(searchInput)
    .output(searchResult)
    .query(({ ctx, input }) => searchEvents(ctx, input)),
  facets: read({ permission: 'telemetry:read' })
    .input(searchFilter)
    .output(eventFacets)
    .query(({ ctx, input }) => facetsOf(ctx, input)),
  histogram: read({ permission: 'telemetry:read' })
    .input(searchFilter)
    .output(histogram)
    .query(({ ctx, input }) => eventHistogram(ctx, input)),
  get: read({ permission: 'telemetry:read' })
    .meta({ openapi: { method: 'GET', path: '/telemetry/events/{id}', summary: 'Read one event' } })
    .input(eventRef)
    .output(eventFound)
    .query(({ ctx, input }) => readEvent(ctx, input.id, input.tenant)),
  templates: read({ permission: 'telemetry:read' })
    .meta({
      openapi: { method: 'GET', path: '/telemetry/templates', summary: 'Shapes that log lines share' },
    })
    .input(templatesInput)
    .output(templateList)
    .query(({ ctx, input }) => listTemplates(ctx, input)),
  series: read({ permission: 'telemetry:read' })
    .meta({
      openapi: { method: 'GET', path: '/telemetry/series', summary: 'A metric of one service over time' },
    })
    .input(seriesInput)
    .output(seriesPoints)
    .query(({ ctx, input }) => readPoints(ctx, input)),
  sources: read({ permission: 'telemetry:sources' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/telemetry/sources',
        summary: 'Where telemetry is pulled from, and how far',
      },
    })
    .output(sourceList)
    .query(({ ctx }) => readSources(ctx)),
  status: read({ permission: 'telemetry:sources' })
    .meta({
      openapi: { method: 'GET', path: '/telemetry/status', summary: 'What is kept, and for how long' },
    })
    .output(telemetryStatus)
    .query(({ ctx }) => readStatus(ctx)),
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
