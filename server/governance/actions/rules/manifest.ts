import type { ActionPlan } from '#kernel/actions/plan.ts';
import { canonicalBytes, sha256Hex } from '#kernel/signing/canonical.ts';
import type { Snapshot } from '../schema/target.ts';

/** What the manifest is, for whoever reads the envelope. */
export const manifestType = 'urn:atom:action-manifest:v1';

export const planBytes = (plan: ActionPlan): Buffer => canonicalBytes(plan);
export const planHash = (plan: ActionPlan): string => sha256Hex(planBytes(plan));

export const snapshotBytes = (snapshots: readonly Snapshot[]): Buffer => canonicalBytes(snapshots);
export const snapshotHash = (snapshots: readonly Snapshot[]): string => sha256Hex(snapshotBytes(snapshots));

export interface Bound {
  id: string;
  tenantId: string;
  plan: ActionPlan;
  approvalId: string | null;
}

/** What is signed beside the bytes of plan and snapshot: who for, by which approval, and which versions may be changed. */
export const predicateOf = ({ id, tenantId, plan, approvalId }: Bound, snapshots: readonly Snapshot[]) => ({
  execution: id,
  tenant: tenantId,
  approval: approvalId,
  planHash: planHash(plan),
  snapshotHash: snapshotHash(snapshots),
  versions: snapshots.map(({ target, version }) => ({ target, version })),
});
