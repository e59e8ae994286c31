import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { Card } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { GatewayRow } from '#server/platform/environment/schema.ts';

/** What is real comes first, in words. */
export function EnvironmentVerdict({ gateways }: { gateways: GatewayRow[] }) {
  const state = gateways.find(g => g.name === 'state');
  const outside = gateways.filter(g => g !== state);
  const real = outside.filter(g => g.state === 'real');
  const simulated = outside.length - real.length;
  return (
    <Verdict>
      This console’s own state is real: {state?.reason}.{' '}
      {real.length === 0
        ? 'Nothing outside is connected'
        : `${real.map(g => g.title).join(', ')} ${real.length === 1 ? 'is' : 'are'} connected`}
      {simulated > 0 ? (
        <>
          ,{' '}
          <Phrase
            href="/settings/environment#gateways"
            tone="sim"
          >{`${simulated} of ${outside.length} gateways are simulated`}</Phrase>
        </>
      ) : null}
      .
    </Verdict>
  );
}

export function GatewayList({ gateways }: { gateways: GatewayRow[] }) {
  return (
    <Card title="Real or simulated, per gateway" className="pb-1">
      <ul id="gateways" className="mt-2 divide-y">
        {gateways.map(g => (
          <li key={g.name} className="grid gap-1 px-3.5 py-2 md:grid-cols-[14rem_7rem_1fr] md:gap-3">
            <span className="font-medium">{g.title}</span>
            <span>
              <Pill tone={g.state === 'real' ? 'ok' : 'sim'}>{g.state}</Pill>
            </span>
            <span className="text-ink-2">{g.reason}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
