import Link from 'next/link';
import { Properties } from '#components/console/detail.tsx';
import type { MovePlan } from '#server/federation/edge-routing/schema/move.ts';
import { bytes } from '../replication/stream-words.tsx';

const count = (n: number | null) => (n === null ? 'not known' : n.toLocaleString('en'));
const right = (held: boolean | null) =>
  held === null ? 'nobody was given it' : held ? 'may write' : 'may not write';

function rowsOf({ rows, unseen, from, to }: MovePlan): string {
  const seen = rows.map(r => `${r.table}: ${count(r.home)} in ${from}, ${count(r.there)} in ${to}`);
  if (unseen.length === 0) return seen.join('; ') || 'none';
  return [...seen, `what else lies there is not known: ${unseen.join('; ')}`].join('; ');
}

/** What a move would do, what it stands on, and what it leaves. */
export function MovePlanView({ plan }: { plan: MovePlan }) {
  return (
    <div className="grid gap-4">
      {plan.obstacles.length > 0 ? (
        <section className="grid gap-1.5">
          <h3 className="font-medium text-bad">What keeps it in {plan.from}</h3>
          <ul className="grid gap-1.5" aria-label="Obstacles">
            {plan.obstacles.map(({ what, mend, href }) => (
              <li key={what}>
                {href ? (
                  <Link className="link" href={href}>
                    {what}
                  </Link>
                ) : (
                  what
                )}
                . <span className="text-ink-2">{mend}</span>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <section className="grid gap-1.5">
        <h3 className="font-medium">Steps</h3>
        <ol className="grid gap-1" aria-label="Steps">
          {plan.steps.map((step, i) => (
            <li key={step.name} className="flex gap-2">
              <span className="num text-ink-3">{i + 1}</span>
              <span>{step.title}</span>
            </li>
          ))}
        </ol>
      </section>
      <Properties
        items={[
          ['Rows', rowsOf(plan)],
          [
            'Right to write',
            `${plan.from} ${right(plan.writes.home)}, ${plan.to} ${right(plan.writes.there)}`,
          ],
          [
            'Streams',
            plan.streams.length === 0
              ? 'none carries it'
              : plan.streams.map(s => `${s.id} (${s.from} to ${s.to}): ${s.state}, ${s.health}`).join('; '),
          ],
          ['To be copied', `${count(plan.copy.rows)} rows, ${bytes(plan.copy.bytes)}: ${plan.copy.said}`],
          ['Data classes', plan.dataClasses.join(', ') || 'none stated'],
          ['Consents to', plan.consents.join(', ') || 'nothing'],
          ['Residency', plan.refused.length === 0 ? 'allows it' : plan.refused.join('; ')],
        ]}
      />
      <section className="grid gap-1">
        <h3 className="font-medium">Not moved</h3>
        <ul className="grid gap-1 text-ink-2" aria-label="Not moved">
          {plan.stays.map(text => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      </section>
    </div>
  );
}
