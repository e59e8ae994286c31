/** For whoever judges what relays hold: the very checks that a relay makes. */
export { checkEntry, checkPolicy } from '../rules/verify.ts';
