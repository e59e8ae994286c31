import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import {
  bench,
  fileList,
  fileRef,
  fileText,
  listRunsInput,
  listRunsOutput,
  phaseInput,
  runDetail,
  runRef,
  verification,
} from './schema.ts';
import { listReportFiles, listRuns, makeReport, readReportFile, readRun } from './service.ts';
import { readBench, verifyReports } from './verify.ts';

export const reportsRouter = router({
  list: read({ permission: 'report:read' })
    .input(listRunsInput)
    .output(listRunsOutput)
    .query(({ ctx, input }) => listRuns(ctx, input)),
  get: read({ permission: 'report:read' })
    .input(runRef)
    .output(runDetail)
    .query(({ ctx, input }) => readRun(ctx, input.id)),
  files: read({ permission: 'report:read' })
    .output(fileList)
    .query(() => listReportFiles()),
  file: read({ permission: 'report:read' })
    .input(fileRef)
    .output(fileText)
    .query(({ input }) => readReportFile(input.name)),
  verify: read({ permission: 'report:read' })
    .output(verification)
    .query(({ ctx }) => verifyReports(ctx)),
  bench: read({ permission: 'report:read' })
    .output(bench)
    .query(() => readBench()),
  create: command({ permission: 'report:write', audit: ['report.made', 'environment.prechecked'] })
    .input(phaseInput)
    .output(runDetail)
    .mutation(({ ctx, input }) => makeReport(ctx, input.phase)),
});
