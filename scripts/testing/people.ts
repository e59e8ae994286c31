import type { Principal } from '#kernel/auth/principal.ts';
import type { Role } from '#kernel/authz/permission.ts';
import { person, type TestBed } from './database.ts';

let n = 0;

/** A person who is in the database, too: with an address, and with a second factor given just now. */
export async function addPerson(
  bed: TestBed,
  role: Role,
  email: string | null = `${role}-${n}@example.org`,
): Promise<Principal & { email: string | null }> {
  n += 1;
  const id = `00000000-0000-7000-9000-${String(n).padStart(12, '0')}`;
  await bed.rows(
    `insert into "user" (id, name, display_name, email, roles, password_hash, created_at, updated_at)
     values ($1, $2, $2, $3, array[$4], '-', now(), now())`,
    [id, `${role}-${n}`, email, role],
  );
  return { ...person(role, id), sessionId: id, mfaAt: bed.clock.now(), mfaEnrolled: true, email };
}
