// The permissions are the person's own account's.
import '#server/platform/identity/policy.ts';
