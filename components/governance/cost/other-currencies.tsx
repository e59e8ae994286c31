import type { CostMonth } from '#server/governance/cost/schema.ts';
import { money } from './money.ts';

/** A month in the currencies beside the one that is shown: nothing is summed over two. */
export function OtherCurrencies({ others }: { others: CostMonth['others'] }) {
  return others.map(({ currency, spent, through, expected, why }) => (
    <p key={currency} className="text-ink-2">
      Also <strong className="num text-ink">{money(spent, currency)}</strong> billed through {through}
      {expected ? (
        <>
          ; at the month’s end <strong className="num text-ink">{money(expected.value, currency)}</strong>.
        </>
      ) : (
        `; no forecast in ${currency}: ${why}`
      )}
    </p>
  ));
}
