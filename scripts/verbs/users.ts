import { systemPrincipal } from '#kernel/auth/principal.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { listUsersInput } from '#server/platform/identity/schema.ts';
import { findUserByName, listUsers, resetPassword } from '#server/platform/identity/service.ts';
import { dropSecondFactor } from '#server/platform/mfa/service/factors.ts';
import type { Verb } from './catalogue.ts';

const context = () => systemContext('cli', consoleDatabase(), systemClock, systemPrincipal('cli'));

async function find(ctx: CommandContext, name: string) {
  const user = await findUserByName(ctx, name.trim().toLowerCase());
  if (!user) console.error(`There is no user "${name}". See: npm run atom -- users list`);
  return user;
}

export const usersList: Verb = {
  name: 'users list',
  usage: 'users list',
  summary: 'Who may sign in, with which roles',
  run: async () => {
    const { rows } = await listUsers(context(), listUsersInput.parse({ limit: 500 }));
    for (const user of rows)
      console.log(`${user.name.padEnd(24)} ${user.state.padEnd(10)} ${user.roles.join(', ')}`);
    return 0;
  },
};

export const usersReset: Verb = {
  name: 'users reset',
  usage: 'users reset NAME',
  summary: 'Give a user a new random password, shown once; ends the user’s sessions',
  run: async ([name]) => {
    if (!name) {
      console.error('Name the user: npm run atom -- users reset NAME');
      return 2;
    }
    const ctx = context();
    const user = await find(ctx, name);
    if (!user) return 1;
    const { password } = await resetPassword(ctx, user.id);
    console.log(`${user.name}  ${password}`);
    return 0;
  },
};

export const usersDropSecondFactor: Verb = {
  name: 'users drop-second-factor',
  usage: 'users drop-second-factor NAME',
  summary: 'For a lost phone or key: removes passkeys, devices and recovery codes, ends the sessions',
  run: async ([name]) => {
    if (!name) {
      console.error('Name the user: npm run atom -- users drop-second-factor NAME');
      return 2;
    }
    const ctx = context();
    const user = await find(ctx, name);
    if (!user) return 1;
    await dropSecondFactor(ctx, user.id, 'at the machine');
    console.log(`${user.name} signs in with the password alone now. Enrol a device again soon.`);
    return 0;
  },
};
