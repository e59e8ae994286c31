import { notFound } from '#kernel/errors/domain-error.ts';

export const noSuchAudit = (id: string) => notFound('edge audit', id);
export const noSuchFinding = (id: string) => notFound('finding', id);
