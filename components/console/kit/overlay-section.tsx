'use client';

import { Server } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog, Drawer } from '#components/ui/dialog.tsx';
import { Menu, MenuCheck, MenuItem, MenuLabel, MenuSeparator } from '#components/ui/menu.tsx';
import { Popover } from '#components/ui/popover.tsx';
import { Tooltip } from '#components/ui/tooltip.tsx';
import { BulkDialog, type BulkPlan } from '../bulk-dialog.tsx';
import CommandPalette, { type PaletteGroup } from '../command-palette.tsx';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { DangerDialog } from '../danger-dialog.tsx';
import { HelpDialog } from '../frame/help.tsx';
import type { NavigationItem } from '../frame/navigation-item.ts';
import { ShownOnce } from '../shown-once.tsx';
import { Tour, type TourStep } from '../tour.tsx';

type Overlay =
  | 'dialog'
  | 'drawer'
  | 'confirm'
  | 'danger'
  | 'once'
  | 'palette'
  | 'popover'
  | 'help'
  | 'bulk'
  | 'tour';

const groups: PaletteGroup[] = [
  { title: 'Go to', entries: [{ id: 'kit', label: 'Kit', hint: 'page', href: '/kit' }] },
];

const items: NavigationItem[] = [{ id: 'kit', label: 'Kit', href: '/kit', icon: Server, shortcut: 'k' }];
const steps: TourStep[] = [
  { id: 'one', title: 'One thing at a time', text: 'A few words about it.' },
  { id: 'two', title: 'Beside what it is about', text: 'The ring shows what is meant.', target: 'kit' },
];
const plan: BulkPlan = {
  title: 'Suspend 3 tenants',
  blast: '3 tenants: their tokens stop working at once.',
  typeName: 'suspend 3',
  action: 'Suspend 3 tenants',
  resolve: async () => ['nova', 'orion', 'pavo'],
  run: async () => ({
    changed: ['nova'],
    already: ['orion'],
    failed: [{ id: 'pavo', message: 'Somebody changed this tenant meanwhile.' }],
  }),
  undo: { label: 'Undo: reinstate them', run: async ids => ({ changed: ids, already: [], failed: [] }) },
};

/** They open over the whole page, so they wear the page's theme rather than a column's. */
export function OverlaySection() {
  const [open, setOpen] = useState<Overlay | null>(null);
  const [checked, setChecked] = useState(true);
  const [step, setStep] = useState(0);
  const held = (which: Overlay) => ({
    open: open === which,
    onOpenChange: (on: boolean) => setOpen(on ? which : null),
  });
  return (
    <div className="flex flex-wrap gap-2">
      <Button onClick={() => setOpen('dialog')}>Dialog</Button>
      <Button onClick={() => setOpen('drawer')}>Drawer</Button>
      <Button onClick={() => setOpen('confirm')}>Confirm, refused</Button>
      <Button kind="danger" onClick={() => setOpen('danger')}>
        Danger
      </Button>
      <Button onClick={() => setOpen('once')}>Shown once</Button>
      <Button onClick={() => setOpen('palette')}>Palette</Button>
      <Button onClick={() => setOpen('help')}>Help</Button>
      <Button onClick={() => setOpen('bulk')}>Bulk, partly failing</Button>
      <Button onClick={() => setOpen('tour')} data-tour="kit">
        Tour
      </Button>
      <Popover {...held('popover')} label="Popover" trigger={<Button>Popover</Button>}>
        Its content.
      </Popover>
      <Tooltip text="What the button does">
        <Button kind="quiet">Tooltip</Button>
      </Tooltip>
      <Menu trigger={<Button>Menu with checks</Button>}>
        <MenuLabel>Columns</MenuLabel>
        <MenuCheck checked={checked} onChange={setChecked}>
          Name
        </MenuCheck>
        <MenuSeparator />
        <MenuItem onSelect={() => setOpen('danger')} danger>
          Remove
        </MenuItem>
      </Menu>
      <Dialog {...held('dialog')} title="Dialog" description="Says what it is for.">
        Its content.
      </Dialog>
      <Drawer {...held('drawer')} title="Drawer" description="Over the list it belongs to.">
        Its content.
      </Drawer>
      <ConfirmDialog
        {...held('confirm')}
        title="Retry the job"
        action="Retry"
        onConfirm={() => Promise.reject(new Error('Somebody else runs it already.'))}
      >
        It runs again from its beginning.
      </ConfirmDialog>
      <DangerDialog
        {...held('danger')}
        title="Suspend Nova"
        blast="One tenant: its tokens stop working at once."
        typeName="nova"
        action="Suspend"
        onConfirm={async () => {}}
      />
      <ShownOnce
        title="New token"
        about="It is not stored; keep it now."
        secret={open === 'once' ? 'shown-this-one-time' : null}
        onDone={() => setOpen(null)}
      />
      <HelpDialog {...held('help')} items={items}>
        <Button kind="primary">Take the tour</Button>
      </HelpDialog>
      {open === 'bulk' ? <BulkDialog plan={plan} nameOf={id => id} onClose={() => setOpen(null)} /> : null}
      {open === 'tour' ? (
        <Tour
          steps={steps}
          at={step}
          onMove={setStep}
          onLater={() => setOpen(null)}
          onDone={() => setOpen(null)}
        />
      ) : null}
      <CommandPalette {...held('palette')} groups={groups} find={async () => []} />
    </div>
  );
}
