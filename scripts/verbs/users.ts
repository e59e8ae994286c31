import { systemPrincipal } from '#kernel/auth/principal.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { listUsersInput } from '#server/platform/identity/schema.ts';
import { listUsers, resetPassword } from '#server/platform/identity/service.ts';
import type { Verb } from './catalogue.ts';

const context = () => systemContext('cli', consoleDatabase(), systemClock, systemPrincipal('cli'));

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
    const { rows } = await listUsers(ctx, listUsersInput.parse({ search: name, limit: 500 }));
    const user = rows.find(row => row.name === name.toLowerCase());
    if (!user) {
      console.error(`There is no user "${name}". See: npm run atom -- users list`);
      return 1;
    }
    const { password } = await resetPassword(ctx, user.id);
    console.log(`${user.name}  ${password}`);
    return 0;
  },
};
