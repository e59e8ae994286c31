import Link from 'next/link';
import { Time } from '#components/console/time.tsx';
import { Card } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { Matrix } from '#server/platform/alerts/schema.ts';
import { resultTone } from '../alerts/result-tone.ts';

/** What each policy comes to, worst control first; all of it one press away. */
export function PoliciesCard({ matrix }: { matrix: Matrix }) {
  return (
    <Card
      title="Policies P1 to P7"
      end={
        matrix.at ? (
          <>
            {matrix.stale ? 'stale, ' : ''}checked <Time at={matrix.at} />
          </>
        ) : (
          'not checked yet'
        )
      }
      className="pb-2"
    >
      <ul className="mt-2">
        {matrix.policies.map(({ policy, result, controls }) => {
          const telling = controls.find(control => control.result === result);
          return (
            <li key={policy}>
              <Link
                href="/settings/environment#policies"
                className="grid grid-cols-[1.75rem_6rem_1fr] items-center gap-2 px-3.5 py-1.5 hover:bg-sunken"
              >
                <span className="font-semibold">{policy}</span>
                <Pill tone={matrix.stale ? 'idle' : resultTone[result]} className="justify-self-start">
                  {result}
                </Pill>
                <span className="truncate text-ink-2" title={telling?.reason}>
                  {telling?.reason ?? 'No control proves it yet'}
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
