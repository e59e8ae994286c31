'use client';

import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Card, Kbd, Skeleton } from '#components/ui/card.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { Checkbox, Field, Input, Select, Textarea } from '#components/ui/input.tsx';
import { Menu, MenuItem } from '#components/ui/menu.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { DangerDialog } from '../danger-dialog.tsx';
import { DiffView } from '../diff-view.tsx';
import { IdChip } from '../id-chip.tsx';
import { LiveIndicator } from '../live-indicator.tsx';
import { Seal } from '../seal.tsx';
import { SimulatedBadge } from '../simulated-badge.tsx';
import { Phrase, Verdict } from '../verdict.tsx';

export function ControlSection({ theme }: { theme: string }) {
  const [danger, setDanger] = useState(false);
  return (
    <div className="grid gap-5">
      <Verdict>
        Four of five things are well,{' '}
        <Phrase href="/kit" tone="watch">
          one is slow
        </Phrase>
        ,{' '}
        <Phrase href="/kit" tone="bad">
          none is lost
        </Phrase>
        .
      </Verdict>
      <div className="flex flex-wrap gap-2">
        <Button kind="primary">Primary</Button>
        <Button>Plain</Button>
        <Button kind="danger" onClick={() => setDanger(true)}>
          Dangerous
        </Button>
        <Button kind="quiet">Quiet</Button>
        <Button busy>Busy</Button>
        <Button why="Only an administrator may. Ask one.">Explains itself</Button>
        <Menu trigger={<Button>Menu</Button>}>
          <MenuItem onSelect={() => {}}>First</MenuItem>
          <MenuItem onSelect={() => {}} danger>
            Remove
          </MenuItem>
        </Menu>
      </div>
      <div className="flex flex-wrap items-center gap-2">
        {(['ok', 'watch', 'bad', 'idle'] as const).map(tone => (
          <Pill key={tone} tone={tone}>
            {tone}
          </Pill>
        ))}
        <SimulatedBadge />
        <IdChip id="beaa4e0c9f3ce21b77d0" />
        <Seal state="sealed" index={1042} />
        <Seal state="promised" />
        <Kbd>⌘K</Kbd>
        <CopyButton text="copied" label={`Copy, ${theme}`} />
        <LiveIndicator heardAt={null} />
      </div>
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label={`Name, ${theme}`} hint="As people say it.">
          {props => <Input {...props} defaultValue="Nova" />}
        </Field>
        <Field label={`Slug, ${theme}`} error="This slug is taken.">
          {props => <Input {...props} defaultValue="nova" />}
        </Field>
        <Field label={`Tier, ${theme}`}>
          {props => (
            <Select {...props}>
              <option>standard</option>
              <option>premium</option>
            </Select>
          )}
        </Field>
        <Field label={`Reason, ${theme}`}>{props => <Textarea {...props} />}</Field>
        <Checkbox label="Consents to analytics" defaultChecked />
      </div>
      <Card title="Change" end="before and after" className="grid gap-3 pb-3">
        <div className="px-3.5">
          <DiffView
            before={{ primary: 'ap-south', epoch: 7, kept: true }}
            after={{ primary: 'ap-northeast', epoch: 8, kept: true }}
            showSame
          />
        </div>
      </Card>
      <Skeleton className="h-8" />
      <DangerDialog
        open={danger}
        onOpenChange={setDanger}
        title="Suspend Nova"
        blast="One tenant: its tokens stop working at once."
        typeName="nova"
        action="Suspend"
        onConfirm={async () => {}}
      />
    </div>
  );
}
