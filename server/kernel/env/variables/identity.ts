import { z } from 'zod';
import { type Variable, variable } from '../define.ts';

const local = (url: string) => /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/.test(url);
const listed = z.string().min(1).optional();

/** `group=role, other=role`, checked when the process starts: a mapping with a slip must not give nobody a role. */
const roleMap = z
  .string()
  .regex(
    /^\s*[^=,\s][^=,]*=(admin|operator|approver|auditor)\s*(,\s*[^=,\s][^=,]*=(admin|operator|approver|auditor)\s*)*$/,
    'Write it as group=role, other=role with the roles admin, operator, approver and auditor.',
  )
  .optional();

/** Signing in through an OpenID Connect provider. */
export const identityVariables = {
  OIDC_ISSUER: variable({
    schema: z
      .url()
      .refine(url => url.startsWith('https://') || local(url), 'An issuer is reached over HTTPS.')
      .optional(),
    purpose: 'Issuer of an OpenID Connect provider that people may sign in with, exactly as it names itself.',
    without: 'Password and passkeys only.',
    phases: 'console',
  }),
  OIDC_CLIENT_ID: variable({
    schema: z.string().min(1).optional(),
    purpose:
      'Client id of this console at the provider; its redirect address is PUBLIC_URL/api/oidc/callback.',
    without: 'OIDC_ISSUER is not used.',
    phases: 'console',
  }),
  OIDC_CLIENT_SECRET: variable({
    schema: z.string().min(1).optional(),
    purpose: 'Client secret at the provider.',
    without: 'A public client: PKCE alone protects the exchange.',
    phases: 'console',
    secret: true,
  }),
  OIDC_SCOPES: variable({
    schema: z.string().min(1).default('openid profile email'),
    purpose: 'Scopes asked for, separated by blanks; `openid` always is.',
    without: '`openid profile email`.',
    phases: 'console',
  }),
  OIDC_LABEL: variable({
    schema: z.string().min(1).max(40).default('your organisation'),
    purpose: 'What the sign-in page calls the provider.',
    without: '“your organisation”.',
    phases: 'console',
  }),
  OIDC_ROLE_CLAIM: variable({
    schema: z.string().min(1).default('groups'),
    purpose: 'Claim that lists a person’s groups or roles at the provider.',
    without: '`groups`.',
    phases: 'console',
  }),
  OIDC_ROLE_MAP: variable({
    schema: roleMap,
    purpose:
      'Which value of OIDC_ROLE_CLAIM gives which role, as `group=role, other=role`; applied at each sign-in to accounts that the provider opened.',
    without: 'Such an account has no rights until an administrator gives it a role.',
    phases: 'console',
  }),
  OIDC_ALLOWED_DOMAINS: variable({
    schema: listed,
    purpose:
      'Comma-separated e-mail domains; only people with a verified address in one of them may sign in.',
    without: 'Every domain.',
    phases: 'console',
  }),
  OIDC_ALLOWED_GROUPS: variable({
    schema: listed,
    purpose: 'Comma-separated values of OIDC_ROLE_CLAIM; only people with one of them may sign in.',
    without: 'Every group.',
    phases: 'console',
  }),
} as const satisfies Record<string, Variable>;
