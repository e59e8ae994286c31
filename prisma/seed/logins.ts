import type { CommandContext } from '#kernel/trpc/context.ts';
import { listUsersInput } from '#server/platform/identity/schema.ts';
import { createUser, listUsers } from '#server/platform/identity/service.ts';
import { createTokenInput } from '#server/platform/tokens/schema.ts';
import { createToken } from '#server/platform/tokens/service.ts';
import { type Login, rememberLogins } from './first-logins.ts';

const people = [
  { name: 'admin', displayName: 'Administrator', roles: ['admin', 'approver'] },
  { name: 'operator', displayName: 'Operator', roles: ['operator'] },
  { name: 'approver', displayName: 'Approver', roles: ['approver'] },
  { name: 'auditor', displayName: 'Auditor', roles: ['auditor'] },
];

/** One login per role, random per installation. What exists already is not shown again. */
export async function seedLogins(ctx: CommandContext): Promise<void> {
  const { rows } = await listUsers(ctx, listUsersInput.parse({ limit: 1 }));
  if (rows.length > 0) return;
  const logins: Login[] = [];
  for (const person of people) {
    const { password } = await createUser(ctx, person, false);
    logins.push({ name: person.name, role: person.roles[0] ?? '', password });
  }
  const { secret } = await createToken(
    ctx,
    createTokenInput.parse({ name: 'first service', roles: ['service'], expiresInDays: 365 }),
  );
  logins.push({ name: '(token)', role: 'service', password: secret });
  rememberLogins(logins);
}
