-- The kernel claims keys and takes tokens as atom_app, and finish_commit runs as its owner: neither a tenant's call nor an
-- auditor needs these tables, and whoever could write them could lift the limits that hold them.
REVOKE ALL ON idempotency, rate_bucket FROM atom_tenant, atom_auditor;
