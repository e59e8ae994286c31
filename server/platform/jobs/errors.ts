import { conflict, notFound } from '#kernel/errors/domain-error.ts';

export const noSuchJob = (id: number) => notFound('job', String(id));
export const jobRunning = () =>
  conflict('job.running', 'The job is running right now. Wait until this run has ended.');
