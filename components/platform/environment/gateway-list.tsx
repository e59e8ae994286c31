import { ChevronDown } from 'lucide-react';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { Card } from '#components/ui/card.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
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

type Purposes = ReadonlyMap<string, { purpose: string; secret: boolean; set: boolean }>;

export function GatewayList({ gateways, purposes }: { gateways: GatewayRow[]; purposes: Purposes }) {
  const real = gateways.filter(g => g.state === 'real').length;
  return (
    <Card
      title="Real or simulated, per gateway"
      end={`${real} real, ${gateways.length - real} simulated`}
      className="pb-1"
    >
      <ul id="gateways" className="mt-2 scroll-mt-24 divide-y">
        {gateways.map(g => (
          <li key={g.name} className="px-3.5 py-2">
            <details className="group">
              <summary className="flex cursor-pointer list-none flex-wrap items-center gap-x-3 gap-y-1 md:grid md:grid-cols-[13rem_7rem_1fr_auto] [&::-webkit-details-marker]:hidden">
                <span className="font-medium">{g.title}</span>
                <span className="ml-auto md:ml-0">
                  <Pill tone={g.state === 'real' ? 'ok' : 'sim'}>{g.state}</Pill>
                </span>
                <span className="basis-full text-ink-2">{g.reason}</span>
                <span className="inline-flex items-center gap-1 text-ink-2 text-sm">
                  {g.state === 'real' ? 'How it is connected' : 'Connect it'}
                  <ChevronDown aria-hidden className="size-3.5 transition-transform group-open:rotate-180" />
                </span>
              </summary>
              <div className="mt-2 grid gap-3 md:ml-[13.75rem]">
                {g.connect.map(names => (
                  <ConnectLines key={names.join()} names={names} purposes={purposes} />
                ))}
                {g.built || g.state === 'real' ? null : (
                  <p className="text-ink-2">
                    Precheck then really looks at it. This version does not use it yet, so it stays marked as
                    simulated.
                  </p>
                )}
              </div>
            </details>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** What to paste where the console is started; the values are the reader's own. */
function ConnectLines({ names, purposes }: { names: string[]; purposes: Purposes }) {
  const text = [...names.map(name => `export ${name}=`), 'npm start'].join('\n');
  return (
    <div className="grid max-w-3xl gap-1.5">
      <div className="flex items-start gap-2 rounded-md border bg-sunken px-3 py-2">
        <pre className="min-w-0 flex-1 overflow-x-auto whitespace-pre-wrap font-mono text-sm [overflow-wrap:anywhere]">
          {text}
        </pre>
        <CopyButton text={text} label={`Copy the lines that set ${names.join(' and ')}`} />
      </div>
      <ul className="grid gap-0.5 text-ink-2 text-sm">
        {names.map(name => (
          <li key={name}>
            <code className="font-mono">{name}</code>:{' '}
            {purposes.get(name)?.purpose ?? 'see the documentation'}
            {purposes.get(name)?.secret ? ' A secret: never shown, never logged.' : ''}
            {purposes.get(name)?.set ? ' It is set.' : ''}
          </li>
        ))}
      </ul>
    </div>
  );
}
