import type { Tone } from '#components/ui/pill.tsx';
import type { AuditState, FindingResult } from '#server/policy/auditor/schema.ts';

export const stateTone: Record<AuditState, Tone> = {
  none: 'idle',
  stale: 'watch',
  pass: 'ok',
  warn: 'watch',
  blocked: 'watch',
  fail: 'bad',
};
export const stateWord: Record<AuditState, string> = {
  none: 'not run yet',
  stale: 'stale',
  pass: 'passed',
  warn: 'passed with warnings',
  blocked: 'not everything can be proved',
  fail: 'failed',
};
export const resultTone: Record<FindingResult, Tone> = {
  pass: 'ok',
  fail: 'bad',
  warn: 'watch',
  error: 'watch',
  skip: 'idle',
};
export const policyWord = {
  P1: 'Data privacy',
  P2: 'Secrets and signing',
  P3: 'Execution safety',
  P4: 'Observability',
  P5: 'Multi-tenancy',
  P6: 'Performance budgets',
  P7: 'Resilience',
} as const;
