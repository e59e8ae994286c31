/** What the hub needs of the relays' protocol; the rules themselves stay this system's own. */
export { activeDigest, composeEntry, envelope, type Signer } from '../rules/compose.ts';
export { concerns, noHash } from '../rules/edge.ts';
