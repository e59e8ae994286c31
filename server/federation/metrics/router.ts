import { read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import {
  federateInput,
  federateOutput,
  instantInput,
  labelsInput,
  labelValuesInput,
  queryOutput,
  rangeInput,
  seriesInput,
  seriesOutput,
  sourcesOutput,
  valuesOutput,
} from './schema.ts';
import {
  federate,
  listLabels,
  listLabelValues,
  listSeries,
  queryNow,
  queryRange,
  readSources,
} from './service.ts';

const asked = read({ permission: 'metrics:query' });

/** The Prometheus HTTP API itself answers on the port (`workers/prometheus.ts`), by these same procedures. */
export const metricsRouter = router({
  sources: asked
    .meta({
      openapi: {
        method: 'GET',
        path: '/prometheus/sources',
        summary: 'Whose Prometheus is asked, and how each answers',
      },
    })
    .output(sourcesOutput)
    .query(({ ctx }) => readSources(ctx)),
  query: asked
    .input(instantInput)
    .output(queryOutput)
    .query(({ ctx, input }) => queryNow(ctx, input)),
  queryRange: asked
    .input(rangeInput)
    .output(queryOutput)
    .query(({ ctx, input }) => queryRange(ctx, input)),
  series: asked
    .input(seriesInput)
    .output(seriesOutput)
    .query(({ ctx, input }) => listSeries(ctx, input)),
  labels: asked
    .input(labelsInput)
    .output(valuesOutput)
    .query(({ ctx, input }) => listLabels(ctx, input)),
  labelValues: asked
    .input(labelValuesInput)
    .output(valuesOutput)
    .query(({ ctx, input }) => listLabelValues(ctx, input)),
  federate: asked
    .input(federateInput)
    .output(federateOutput)
    .query(({ ctx, input }) => federate(ctx, input)),
});
