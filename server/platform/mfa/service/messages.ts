import type { JobRequest } from '#kernel/ledger/event.ts';
import { notificationJob } from '#server/platform/notifications/request.ts';

const said = {
  'mfa.passkey_suspected': {
    title: 'A passkey may have been copied',
    whatHappened: 'It answered with an old counter and is refused from now on',
    whatToDo: 'Remove it, and look in the ledger at where it was used',
  },
  'mfa.dropped': {
    title: 'Every second factor of an account was removed',
    whatHappened: 'The next sign-in needs the password alone, and every session has ended',
    whatToDo: 'If this was not agreed, change the password and ask an administrator',
  },
} as const;

/** The person whose account it is hears of it, and the administrators: neither alone may be the one to look. */
export const securityMessages = (type: keyof typeof said, userId: string): JobRequest[] => {
  const message = {
    groupKey: `${type}:${userId}`,
    kind: 'security' as const,
    severity: 'critical' as const,
    title: said[type].title,
    lines: [
      { label: 'Happened', value: said[type].whatHappened },
      { label: 'To do', value: said[type].whatToDo },
    ],
  };
  return [
    notificationJob({ ...message, link: '/settings/security', to: { users: [userId] } }),
    notificationJob({
      ...message,
      link: `/governance/ledger?target=user:${userId}`,
      to: { roles: ['admin'] },
    }),
  ];
};
