import { hashPassword, noPassword, verifyPassword } from '#kernel/auth/password.ts';
import { permissionsOf } from '#kernel/authz/authz.ts';
import type { Tx } from '#kernel/db/database.ts';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { takeToken } from '#kernel/http/rate-limit.ts';
import { randomToken, uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { paged } from '#kernel/trpc/list.ts';
import {
  alreadyState,
  lastAdmin,
  nameTaken,
  noSuchUser,
  staleUser,
  subjectTaken,
  wrongPassword,
} from './errors.ts';
import { userEvent } from './events.ts';
import type { CreateUserInput, ListUsersInput, Me, UpdateUserInput, UserRow } from './schema.ts';
import {
  countUsers,
  findIdByName,
  findProfile,
  findUser,
  insertUser,
  otherActiveAdmins,
  revokeSessionsOf,
  selectContacts,
  selectUsers,
  setPassword,
  updateUser,
} from './store.ts';

export async function readMe(ctx: ReadContext): Promise<Me> {
  const { principal } = ctx;
  const profile = principal.kind === 'user' ? await findProfile(ctx.db, principal.id) : null;
  return {
    kind: principal.kind,
    id: principal.id,
    name: principal.name,
    displayName: profile?.displayName ?? principal.name,
    roles: [...principal.holders],
    permissions: permissionsOf(principal.holders).filter(
      p => principal.only === undefined || principal.only.includes(p),
    ),
    mfa: { enrolled: principal.mfaEnrolled ?? false, at: principal.mfaAt?.toISOString() ?? null },
    mustChangePassword: profile?.mustChange ?? false,
    hasPassword: profile !== null && profile.passwordHash !== noPassword,
    sessionId: principal.sessionId ?? null,
  };
}

export async function listUsers(ctx: ReadContext, input: ListUsersInput) {
  const [rows, total] = await Promise.all([
    selectUsers(ctx.db, input),
    input.total ? countUsers(ctx.db, input) : undefined,
  ]);
  return paged(rows, input, total);
}

export async function readUser(ctx: ReadContext, id: string): Promise<UserRow> {
  const found = await findUser(ctx.db, id);
  if (!found) throw noSuchUser(id);
  return found;
}

/** For what is sent to people: never part of an answer to a browser. */
export const readContacts = (ctx: ReadContext, to: { users: readonly string[]; roles: readonly string[] }) =>
  selectContacts(ctx.db, to.users, to.roles);

export async function findUserByName(ctx: ReadContext, name: string): Promise<UserRow | null> {
  const found = await findIdByName(ctx.db, name);
  return found ? findUser(ctx.db, found.id) : null;
}

const generatedPassword = () => randomToken(15);

export async function createUser(
  ctx: CommandContext,
  input: { name: string; displayName: string; roles: string[]; email?: string | undefined },
  mustChange = true,
) {
  const id = uuidv7(ctx.clock.now().getTime());
  const password = generatedPassword();
  const passwordHash = await hashPassword(password);
  await ctx.commit(userEvent('user.created', id, { name: input.name, roles: input.roles }), async tx => {
    const row = {
      id,
      name: input.name,
      displayName: input.displayName,
      email: input.email ?? null,
      roles: input.roles,
      passwordHash,
      mustChange,
    };
    if (!(await insertUser(tx, row, ctx.clock.now()))) throw nameTaken(input.name);
  });
  return { user: await readUser(ctx, id), password };
}

/**
 * An account that a provider opened: no password, and the roles the provider gives. `connect` is part of the same
 * transaction, so that there is no such account without its way in. Null when somebody connected the subject meanwhile.
 */
export async function createProviderUser(
  ctx: CommandContext,
  input: { names: readonly string[]; displayName: string; email: string | null; roles: string[] },
  connect: (tx: Tx, userId: string) => Promise<boolean>,
): Promise<string | null> {
  const id = uuidv7(ctx.clock.now().getTime());
  const { names, ...given } = input;
  try {
    await ctx.commit<string>(
      name => userEvent('user.created', id, { name, roles: input.roles, by: 'provider' }),
      async tx => {
        for (const name of names) {
          const row = { ...given, id, name, passwordHash: noPassword, mustChange: false };
          if (!(await insertUser(tx, row, ctx.clock.now()))) continue;
          if (!(await connect(tx, id))) throw subjectTaken();
          return name;
        }
        throw nameTaken(names[0] ?? '');
      },
    );
    return id;
  } catch (error) {
    if (error instanceof DomainError && error.code === 'user.subject_taken') return null;
    throw error;
  }
}

/** The roles a provider gives at a sign-in; who lost one at the provider loses it here, with the sessions that had it. */
export async function followProviderRoles(ctx: CommandContext, id: string, roles: string[]): Promise<void> {
  const current = await readUser(ctx, id);
  if (current.roles.toSorted().join() === roles.toSorted().join()) return;
  const detail = { roles: { from: current.roles, to: roles }, by: 'provider' };
  await ctx.commit(userEvent('user.updated', id, detail), async tx => {
    if (
      current.roles.includes('admin') &&
      !roles.includes('admin') &&
      (await otherActiveAdmins(tx, id)) === 0
    )
      throw lastAdmin();
    if (!(await updateUser(tx, id, current.version, { roles }, ctx.clock.now()))) throw staleUser();
    await revokeSessionsOf(tx, id, ctx.clock.now());
  });
}

/** Makes an administrator only once somebody else agreed; the first password is then set by a reset. */
export async function addUser(ctx: CommandContext, input: CreateUserInput) {
  if (await findIdByName(ctx.db, input.name)) throw nameTaken(input.name);
  const waits = await askForAdmin(ctx, {
    person: input.name,
    subject: { kind: 'user', id: input.name },
    before: null,
    after: input.roles,
    plan: [
      `Create the user ${input.name} with the roles ${input.roles.join(', ')}`,
      'Nobody knows the password: an administrator resets it and hands it over',
    ],
  });
  return waits ?? createUser(ctx, input);
}

export async function changeUser(ctx: CommandContext, input: UpdateUserInput) {
  const current = await readUser(ctx, input.id);
  if (current.version !== input.version) throw staleUser();
  const after = input.roles ?? current.roles;
  const waits = await askForAdmin(ctx, {
    person: current.name,
    subject: { kind: 'user', id: current.id },
    before: current.roles,
    after,
    plan: [`Give ${current.name} the roles ${after.join(', ')}`, 'End the sessions of that person'],
  });
  return waits ?? updateUserDetails(ctx, input);
}

interface AdminQuestion {
  person: string;
  subject: { kind: string; id: string };
  before: string[] | null;
  after: string[];
  plan: string[];
}

const askForAdmin = (ctx: CommandContext, { person, subject, before, after, plan }: AdminQuestion) =>
  ctx.requireApproval('user.grant_admin', {
    title: `Make ${person} an administrator`,
    subject,
    facts: { grantsAdmin: after.includes('admin') && !before?.includes('admin') },
    plan,
    change: { before: before ? { roles: before } : null, after: { roles: after } },
    blast: 'The whole installation: an administrator may change users, tokens, policies and channels.',
    // Whoever gains by it does not decide it.
    involved: [subject.id, person],
  });

async function updateUserDetails(ctx: CommandContext, input: UpdateUserInput): Promise<UserRow> {
  const current = await readUser(ctx, input.id);
  if (current.version !== input.version) throw staleUser();
  const rolesChange =
    input.roles !== undefined && input.roles.toSorted().join() !== current.roles.toSorted().join();
  const data = {
    ...(input.displayName !== undefined && input.displayName !== current.displayName
      ? { displayName: input.displayName }
      : {}),
    ...(rolesChange && input.roles ? { roles: input.roles } : {}),
    ...(input.email === undefined ? {} : { email: input.email }),
  };
  if (Object.keys(data).length === 0) {
    ctx.unchanged();
    return current;
  }
  const detail = {
    ...(rolesChange ? { roles: { from: current.roles, to: input.roles ?? [] } } : {}),
    fields: Object.keys(data),
  };
  await ctx.commit(userEvent('user.updated', input.id, detail), async tx => {
    if (
      rolesChange &&
      current.roles.includes('admin') &&
      !input.roles?.includes('admin') &&
      (await otherActiveAdmins(tx, input.id)) === 0
    )
      throw lastAdmin();
    if (!(await updateUser(tx, input.id, input.version, data, ctx.clock.now()))) throw staleUser();
    if (rolesChange) await revokeSessionsOf(tx, input.id, ctx.clock.now(), ctx.principal.sessionId);
  });
  return readUser(ctx, input.id);
}

export async function suspendUser(
  ctx: CommandContext,
  input: { id: string; reason: string },
): Promise<UserRow> {
  const current = await readUser(ctx, input.id);
  if (current.state === 'suspended') throw alreadyState('suspended');
  await ctx.commit(userEvent('user.suspended', input.id, { reason: input.reason }), async tx => {
    if (current.roles.includes('admin') && (await otherActiveAdmins(tx, input.id)) === 0) throw lastAdmin();
    if (!(await updateUser(tx, input.id, current.version, { state: 'suspended' }, ctx.clock.now())))
      throw staleUser();
    await revokeSessionsOf(tx, input.id, ctx.clock.now());
  });
  return readUser(ctx, input.id);
}

export async function reinstateUser(
  ctx: CommandContext,
  input: { id: string; reason: string },
): Promise<UserRow> {
  const current = await readUser(ctx, input.id);
  if (current.state === 'active') throw alreadyState('active');
  await ctx.commit(userEvent('user.reinstated', input.id, { reason: input.reason }), async tx => {
    if (!(await updateUser(tx, input.id, current.version, { state: 'active' }, ctx.clock.now())))
      throw staleUser();
  });
  return readUser(ctx, input.id);
}

/** A new random password, shown once to whoever reset it; every session of the user ends. */
export async function resetPassword(ctx: CommandContext, id: string) {
  await readUser(ctx, id);
  const password = generatedPassword();
  const passwordHash = await hashPassword(password);
  await ctx.commit(userEvent('user.password_reset', id), async tx => {
    await setPassword(tx, id, passwordHash, true, ctx.clock.now());
    await revokeSessionsOf(tx, id, ctx.clock.now());
  });
  return { user: await readUser(ctx, id), password };
}

/** The stored hash of whoever calls; null for who is no person. */
export const findOwnPassword = async (ctx: ReadContext): Promise<string | null> =>
  (await findProfile(ctx.db, ctx.principal.id))?.passwordHash ?? null;

/** That it is still the person who signed in: asked again before anything that outlives the session. */
export async function confirmOwnPassword(ctx: ReadContext, password: string): Promise<void> {
  const { id } = ctx.principal;
  await takeToken(ctx.database, `password:${id}`, { capacity: 5, perSecond: 1 / 60 }, ctx.clock.now());
  const hash = await findOwnPassword(ctx);
  if (!hash || !(await verifyPassword(password, hash))) throw wrongPassword();
}

export async function changeOwnPassword(
  ctx: CommandContext,
  input: { currentPassword: string; newPassword: string },
): Promise<Me> {
  const { id, sessionId } = ctx.principal;
  await confirmOwnPassword(ctx, input.currentPassword);
  const passwordHash = await hashPassword(input.newPassword);
  await ctx.commit(userEvent('user.password_changed', id), async tx => {
    await setPassword(tx, id, passwordHash, false, ctx.clock.now());
    await revokeSessionsOf(tx, id, ctx.clock.now(), sessionId);
  });
  return readMe(ctx);
}
