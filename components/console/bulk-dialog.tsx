'use client';

import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input, Textarea } from '#components/ui/input.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import { type BulkResult, noResult, runInBatches } from './bulk-run.ts';

export interface BulkPlan {
  title: string;
  /** What will happen, to how many. */
  blast: ReactNode;
  /** What has to be typed; left out for acts that hurt nobody. */
  typeName?: string;
  action: string;
  /** Whom it means, fixed at the moment it begins. */
  resolve: () => Promise<string[]>;
  run: (ids: string[], reason: string) => Promise<BulkResult>;
  /** Sets right again what was changed. */
  undo?: { label: string; run: (ids: string[], reason: string) => Promise<BulkResult> };
}

const batch = 25;
type Stage = { at: 'ask' } | { at: 'running'; done: number; of: number } | { at: 'done'; undone: boolean };

/** One act on several rows: asks once, shows how far it is, and says for each row that failed why. */
export function BulkDialog({
  plan,
  onClose,
  nameOf,
}: {
  plan: BulkPlan;
  onClose: (result: BulkResult) => void;
  nameOf: (id: string) => ReactNode;
}) {
  const [stage, setStage] = useState<Stage>({ at: 'ask' });
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  const [result, setResult] = useState<BulkResult>(noResult);
  const [error, setError] = useState<string | null>(null);
  const stopped = useRef(false);
  const left = useRef(false);
  useEffect(() => {
    left.current = false;
    return () => {
      left.current = true;
      stopped.current = true;
    };
  }, []);
  const missing =
    plan.typeName !== undefined && typed !== plan.typeName
      ? `Type "${plan.typeName}" first.`
      : reason.trim().length < 3
        ? 'Give a reason first.'
        : null;
  const go = async (ids: () => Promise<string[]>, run: BulkPlan['run'], undone: boolean) => {
    stopped.current = false;
    setError(null);
    setStage({ at: 'running', done: 0, of: 0 });
    try {
      const wanted = await ids();
      setStage({ at: 'running', done: 0, of: wanted.length });
      const why = undone ? `Undone: ${reason.trim()}`.slice(0, 500) : reason.trim();
      const ended = await runInBatches(
        wanted,
        batch,
        some => run(some, why),
        done => !left.current && setStage({ at: 'running', done, of: wanted.length }),
        () => stopped.current,
      );
      if (left.current) return;
      setResult(ended);
      setStage({ at: 'done', undone });
    } catch (failure) {
      if (left.current) return;
      setError(failure instanceof Error ? failure.message : String(failure));
      setStage({ at: 'ask' });
    }
  };
  const running = stage.at === 'running';
  return (
    <Dialog
      open
      onOpenChange={open => !open && onClose(result)}
      held={running}
      title={plan.title}
      description="Each one is written to the ledger with your name."
    >
      {stage.at === 'ask' ? (
        <form
          className="grid gap-4"
          onSubmit={event => {
            event.preventDefault();
            if (!missing) void go(plan.resolve, plan.run, false);
          }}
        >
          <div className="rounded-md border border-line-strong bg-watch-soft px-3 py-2">{plan.blast}</div>
          {plan.typeName !== undefined ? (
            <Field label={`Type "${plan.typeName}" to confirm`}>
              {props => (
                <Input
                  {...props}
                  value={typed}
                  onChange={event => setTyped(event.target.value)}
                  autoComplete="off"
                  spellCheck={false}
                />
              )}
            </Field>
          ) : null}
          <Field label="Reason" hint="Kept with each entry.">
            {props => (
              <Textarea {...props} value={reason} onChange={event => setReason(event.target.value)} />
            )}
          </Field>
          <p role="alert" className={error ? 'text-bad' : 'sr-only'}>
            {error}
          </p>
          <div className="flex justify-end gap-2">
            <Button onClick={() => onClose(result)}>Cancel</Button>
            <Button type="submit" kind={plan.typeName === undefined ? 'primary' : 'danger'} why={missing}>
              {plan.action}
            </Button>
          </div>
        </form>
      ) : null}
      {stage.at === 'running' ? (
        <div className="grid gap-4">
          <div className="grid gap-1.5">
            <p role="status" className="num">
              {stage.of === 0
                ? 'Counting …'
                : `${stage.done.toLocaleString('en')} of ${stage.of.toLocaleString('en')}`}
            </p>
            <progress
              aria-label="How far it is"
              className="h-1.5 w-full overflow-hidden rounded-full [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent"
              value={stage.done}
              max={Math.max(stage.of, 1)}
            />
          </div>
          <div className="flex justify-end">
            <Button
              onClick={() => {
                stopped.current = true;
              }}
            >
              Stop after this batch
            </Button>
          </div>
        </div>
      ) : null}
      {stage.at === 'done' ? (
        <Summary
          result={result}
          nameOf={nameOf}
          undo={
            plan.undo && !stage.undone && result.changed.length > 0
              ? {
                  label: plan.undo.label,
                  run: () => void go(async () => result.changed, plan.undo?.run ?? plan.run, true),
                }
              : null
          }
          again={
            result.failed.length > 0 && !stage.undone
              ? () => void go(async () => result.failed.map(f => f.id), plan.run, false)
              : null
          }
          onClose={() => onClose(result)}
        />
      ) : null}
    </Dialog>
  );
}

function Summary({
  result: { changed, already, failed },
  nameOf,
  undo,
  again,
  onClose,
}: {
  result: BulkResult;
  nameOf: (id: string) => ReactNode;
  undo: { label: string; run: () => void } | null;
  again: (() => void) | null;
  onClose: () => void;
}) {
  return (
    <div className="grid gap-4">
      <p role="status" className="flex flex-wrap gap-2">
        <Pill
          tone={changed.length > 0 ? 'ok' : 'idle'}
        >{`${changed.length.toLocaleString('en')} changed`}</Pill>
        {already.length > 0 ? <Pill>{`${already.length.toLocaleString('en')} were so already`}</Pill> : null}
        {failed.length > 0 ? <Pill tone="bad">{`${failed.length.toLocaleString('en')} failed`}</Pill> : null}
      </p>
      {failed.length > 0 ? (
        <ScrollArea label="What failed" className="max-h-60 rounded-md border">
          <ul className="divide-y">
            {failed.map(({ id, message }) => (
              <li key={id} className="grid gap-0.5 px-3 py-2">
                <span className="font-medium">{nameOf(id)}</span>
                <span className="text-ink-2">{message}</span>
              </li>
            ))}
          </ul>
        </ScrollArea>
      ) : null}
      <div className="flex flex-wrap justify-end gap-2">
        {undo ? <Button onClick={undo.run}>{undo.label}</Button> : null}
        {again ? <Button onClick={again}>Try the failed ones again</Button> : null}
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </div>
  );
}
