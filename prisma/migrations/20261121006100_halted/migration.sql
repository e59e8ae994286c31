-- What is held back between two steps waits for people; what nothing was changed by may then end at once.
CREATE OR REPLACE FUNCTION "guard_action_execution"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  follows CONSTANT jsonb := '{
    "planned": ["waiting", "authorised", "refused"],
    "waiting": ["authorised", "refused"],
    "authorised": ["locked", "refused"],
    "locked": ["snapshotted", "refused"],
    "snapshotted": ["signed", "refused"],
    "signed": ["previewed", "refused"],
    "previewed": ["applying", "succeeded", "refused"],
    "applying": ["verifying", "judging", "undecided", "rolling-back", "rolled-back", "failed"],
    "judging": ["applying", "undecided", "rolling-back", "failed"],
    "undecided": ["applying", "rolling-back", "rolled-back", "failed"],
    "verifying": ["applying", "succeeded", "rolling-back", "failed"],
    "succeeded": ["rolling-back"],
    "rolling-back": ["rolled-back", "failed"]}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'planned' THEN
      RAISE EXCEPTION 'an execution begins planned, not %', NEW.state USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  IF (OLD.id, OLD.tenant_id, OLD.plan, OLD.plan_hash, OLD.dry_run, OLD.origin, OLD.requester_kind, OLD.requester_id,
      OLD.versions, OLD.policy_id, OLD.simulated, OLD.tier, OLD.requested_at)
     IS DISTINCT FROM
     (NEW.id, NEW.tenant_id, NEW.plan, NEW.plan_hash, NEW.dry_run, NEW.origin, NEW.requester_kind, NEW.requester_id,
      NEW.versions, NEW.policy_id, NEW.simulated, NEW.tier, NEW.requested_at) THEN
    RAISE EXCEPTION 'what execution % was asked to do cannot be changed', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (OLD.manifest IS NOT NULL AND OLD.manifest IS DISTINCT FROM NEW.manifest)
     OR (OLD.snapshot_hash IS NOT NULL AND OLD.snapshot_hash IS DISTINCT FROM NEW.snapshot_hash) THEN
    RAISE EXCEPTION 'the manifest of execution % is signed', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.state <> OLD.state AND NOT coalesce(follows -> OLD.state ? NEW.state, false) THEN
    RAISE EXCEPTION 'execution % is %, it cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'insufficient_privilege';
  END IF;
  -- Nothing of the world changes before the manifest is signed, and never in a dry run.
  IF NEW.state = 'applying' AND OLD.state <> 'applying' AND (NEW.manifest IS NULL OR NEW.snapshot_hash IS NULL OR NEW.dry_run) THEN
    RAISE EXCEPTION 'execution % has no manifest to apply', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.state = 'authorised' AND OLD.state <> 'authorised' AND NEW.policy_id IS NOT NULL AND NEW.approval_id IS NULL THEN
    RAISE EXCEPTION 'execution % needs an approval', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
