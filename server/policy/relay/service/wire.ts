import { type HubFrame, hubFrame } from '../schema.ts';

/** What the hub needs of the relays' protocol; the rules themselves stay this system's own. */
export { composeEntry, envelope, type Signer } from '../rules/compose.ts';
export { concerns, noHash } from '../rules/edge.ts';
export type { RelayFrame } from '../schema.ts';

/** A frame as it came from the wire; null when it is not one of the protocol. */
export function parseHubFrame(text: string): HubFrame | null {
  try {
    const parsed = hubFrame.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
