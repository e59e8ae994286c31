/** `g` then a letter goes somewhere; the pair must come within a second and a half. */
export const sequenceMs = 1500;

export interface Pressed {
  key: string;
  at: number;
}

/** Whether a key press belongs to text being typed, and so must not be taken as a command. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function goesTo(
  previous: Pressed | null,
  key: string,
  at: number,
  targets: ReadonlyMap<string, string>,
): string | null {
  if (previous?.key !== 'g' || at - previous.at > sequenceMs) return null;
  return targets.get(key) ?? null;
}
