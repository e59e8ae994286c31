import type { Control } from './define.ts';

const known = new Map<string, Control>();

/** Each system declares its controls once, in its `controls.ts`; the engine runs what is here. */
export function declareControls(controls: readonly Control[]): void {
  for (const control of controls) {
    if (known.has(control.id)) throw new Error(`Control ${control.id} is declared twice.`);
    known.set(control.id, control);
  }
}

export const allControls = (): Control[] => [...known.values()].sort((a, b) => a.id.localeCompare(b.id));
