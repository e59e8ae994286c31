import { Pill, type Tone } from '#components/ui/pill.tsx';
import type { AuditEntry } from '#server/governance/audit/schema.ts';

const tones: Record<AuditEntry['outcome'], Tone> = {
  done: 'ok',
  noted: 'idle',
  requested: 'idle',
  refused: 'watch',
  failed: 'bad',
};

/** What went as it should stays quiet in lists; only what did not takes colour there. */
export function OutcomeMark({ outcome, always }: { outcome: AuditEntry['outcome']; always?: boolean }) {
  return always || outcome === 'refused' || outcome === 'failed' ? (
    <Pill tone={tones[outcome]}>{outcome}</Pill>
  ) : null;
}
