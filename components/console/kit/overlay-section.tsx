'use client';

import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog, Drawer } from '#components/ui/dialog.tsx';
import { Menu, MenuCheck, MenuItem, MenuLabel, MenuSeparator } from '#components/ui/menu.tsx';
import { Tooltip } from '#components/ui/tooltip.tsx';
import CommandPalette, { type PaletteGroup } from '../command-palette.tsx';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { DangerDialog } from '../danger-dialog.tsx';
import { ShownOnce } from '../shown-once.tsx';

type Overlay = 'dialog' | 'drawer' | 'confirm' | 'danger' | 'once' | 'palette';

const groups: PaletteGroup[] = [
  { title: 'Go to', entries: [{ id: 'kit', label: 'Kit', hint: 'page', href: '/kit' }] },
];

/** They open over the whole page, so they wear the page's theme rather than a column's. */
export function OverlaySection() {
  const [open, setOpen] = useState<Overlay | null>(null);
  const [checked, setChecked] = useState(true);
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
      <CommandPalette {...held('palette')} groups={groups} find={async () => []} />
    </div>
  );
}
