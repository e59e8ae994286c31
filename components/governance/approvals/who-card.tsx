import { Time } from '#components/console/time.tsx';
import { Card } from '#components/ui/card.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { ApprovalDetail } from '#server/governance/approvals/schema.ts';

const verbs = { approve: 'approved', deny: 'denied', break_glass: 'broke the glass' };
const factors: Record<string, string> = { passkey: 'a passkey', totp: 'a code' };

/** Who agreed, who is still needed, who could. */
export function WhoCard({ approval }: { approval: ApprovalDetail }) {
  const { groups, decisions, couldDecide, review } = approval;
  const open = approval.state === 'pending';
  return (
    <Card title="Who decides" end={`${approval.policyTitle}, version ${approval.policyVersion}`}>
      <ul className="divide-y">
        {groups.map(group => (
          <li key={group.label} className="flex items-center gap-2 px-3.5 py-2">
            <span className="flex-1">{group.label}</span>
            <Pill tone={group.have >= group.need ? 'ok' : open ? 'watch' : 'idle'}>
              {`${group.have} of ${group.need}`}
            </Pill>
          </li>
        ))}
        {decisions.map(given => (
          <li key={given.at + given.approver} className="px-3.5 py-2">
            <p className="flex flex-wrap items-center gap-x-2">
              <span className="font-medium">{given.approver}</span> {verbs[given.decision]}
              {given.onBehalfOf ? ` for ${given.onBehalfOf}` : ''} with{' '}
              {factors[given.method] ?? given.method}
              <span className="ml-auto flex items-center gap-1 text-ink-3 text-sm">
                <Time at={given.at} /> <CopyButton text={given.token} label="Copy the signed decision" />
              </span>
            </p>
            {given.reason ? <p className="text-ink-2">{given.reason}</p> : null}
          </li>
        ))}
        {open ? (
          <li className="px-3.5 py-2 text-ink-2">
            {couldDecide.length === 0
              ? 'Nobody can decide this now: nobody else has a role that counts.'
              : `Could decide: ${couldDecide.join(', ')}.`}{' '}
            A {approval.factors.map(f => (f === 'totp' ? 'code' : 'passkey')).join(' or a ')} is needed.
          </li>
        ) : null}
        {review ? (
          <li className="px-3.5 py-2">
            {review.closedAt ? (
              <>
                Reviewed <Time at={review.closedAt} />: {review.verdict?.replace('_', ' ')}. {review.note}
              </>
            ) : (
              <>
                A review is owed until <Time at={review.dueAt} />.
              </>
            )}
          </li>
        ) : null}
      </ul>
    </Card>
  );
}
