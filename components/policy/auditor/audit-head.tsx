'use client';

import Link from 'next/link';
import { Time } from '#components/console/time.tsx';
import type { AuditDetail, AuditState } from '#server/policy/auditor/schema.ts';

/** What the audit says now, in one sentence; one whose time is over says nothing any more. */
export function auditSentence(audit: AuditDetail | null, state: AuditState): string {
  if (!audit || state === 'none') return 'The edge was not audited yet.';
  if (state === 'stale')
    return 'The last audit is older than its schedule allows. Nothing counts as passed until there is a new one.';
  const { relays, policies, failed, blocked, warned } = audit;
  const about = `${relays} relays and ${policies} active policies`;
  if (failed > 0)
    return `${failed} of ${audit.findings} findings about ${about} failed${blocked > 0 ? `, and ${blocked} could not be proved` : ''}.`;
  if (blocked > 0) return `Nothing about ${about} failed; ${blocked} findings could not be proved.`;
  return warned > 0
    ? `${about} passed, with ${warned} warnings.`
    : `${about} passed every check that applies.`;
}

export function AuditFacts({ audit, ledger }: { audit: AuditDetail; ledger: string }) {
  return (
    <p className="text-ink-2">
      Made <Time at={audit.at} /> {audit.trigger === 'schedule' ? 'on schedule' : 'on demand'}; counts until{' '}
      <span className="num">{audit.validUntil.slice(11, 16)} UTC</span>.{' '}
      {audit.intact ? (
        <>
          The findings hash to the root that{' '}
          <Link className="link" href={`${ledger}/${audit.entryUid}`}>
            the ledger
          </Link>{' '}
          holds.
        </>
      ) : (
        <strong className="text-bad">
          The findings were changed after they were committed: they do not hash to the root in the ledger.
        </strong>
      )}
    </p>
  );
}
