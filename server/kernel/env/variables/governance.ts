import { z } from 'zod';
import { type Variable, variable } from '../define.ts';

const approvalChannel = 'an approval channel';

/** Reasoning, approval channels and the intelligence fabric. */
export const governanceVariables = {
  OPENAI_KEY: variable({
    schema: z.string().min(1).optional(),
    purpose: 'Key of an OpenAI-compatible endpoint that enriches proposals.',
    without: 'The local deterministic reasoner works alone.',
    phases: ['H.4'],
    probe: 'openai',
    secret: true,
  }),
  OPENAI_BASE_URL: variable({
    schema: z.url().optional(),
    purpose: 'Address of the OpenAI-compatible endpoint.',
    without: 'The public service.',
    phases: ['H.4'],
  }),
  OPENAI_MODEL: variable({
    schema: z.string().min(1).optional(),
    purpose: 'Model to ask for.',
    without: 'The endpoint’s default.',
    phases: ['H.4'],
  }),
  NEURAL_FABRIC_MODE: variable({
    schema: z.string().min(1).optional(),
    purpose: 'How the intelligence fabric is used: local or remote.',
    without: 'local.',
    phases: ['H.4'],
    probe: 'set',
  }),
  SLACK_WEBHOOK_URL: variable({
    schema: z.url().optional(),
    purpose: 'Slack incoming webhook for approvals.',
    without: 'In-console inbox only; deliveries are recorded as simulated.',
    phases: ['H.4'],
    critical: ['H.4'],
    oneOf: approvalChannel,
    probe: 'webhook',
    secret: true,
  }),
  SLACK_BOT_TOKEN: variable({
    schema: z.string().min(1).optional(),
    purpose: 'Slack bot token for messages with buttons.',
    without: 'The webhook, or no Slack.',
    phases: ['H.4'],
    critical: ['H.4'],
    oneOf: approvalChannel,
    probe: 'set',
    secret: true,
  }),
  SLACK_CHANNEL: variable({
    schema: z.string().min(1).optional(),
    purpose: 'Id of the Slack channel that the bot posts to.',
    without: 'The bot posts nowhere; the webhook, or no Slack.',
    phases: ['H.4'],
    probe: 'set',
  }),
  SLACK_API_URL: variable({
    schema: z.url().default('https://slack.com/api'),
    purpose: 'Address of the Slack Web API, for workspaces that have one of their own.',
    without: 'The public API.',
    phases: ['H.4'],
  }),
  SLACK_SIGNING_SECRET: variable({
    schema: z.string().min(1).optional(),
    purpose: 'Secret that Slack signs its callbacks with.',
    without: 'Callbacks are refused.',
    phases: ['H.4'],
    probe: 'set',
    secret: true,
  }),
  TELEGRAM_BOT_TOKEN: variable({
    schema: z.string().min(1).optional(),
    purpose: 'Telegram bot for approvals.',
    without: 'No Telegram.',
    phases: ['H.4'],
    critical: ['H.4'],
    oneOf: approvalChannel,
    probe: 'set',
    secret: true,
  }),
  TELEGRAM_CHAT_ID: variable({
    schema: z
      .string()
      .regex(/^(-?\d{1,20}|@\w{4,32})$/)
      .optional(),
    purpose: 'Chat that the Telegram bot writes to: a number, or @name of a channel.',
    without: 'The bot writes to nobody.',
    phases: ['H.4'],
    probe: 'set',
  }),
  TELEGRAM_API_URL: variable({
    schema: z.url().default('https://api.telegram.org'),
    purpose: 'Address of the Telegram Bot API, for a server of your own.',
    without: 'The public API.',
    phases: ['H.4'],
  }),
  SMTP_URL: variable({
    schema: z.url({ protocol: /^smtps?$/ }).optional(),
    purpose: 'Mail server for approvals.',
    without: 'No mail.',
    phases: ['H.4'],
    critical: ['H.4'],
    oneOf: approvalChannel,
    probe: 'smtp',
    secret: true,
  }),
  SMTP_FROM: variable({
    schema: z.string().min(3).max(200).optional(),
    purpose: 'Sender of mail: an address, or a name and an address in angle brackets.',
    without: 'atom-console at the name of PUBLIC_URL.',
    phases: ['H.4'],
  }),
  ADMIN_APPROVER_EMAIL: variable({
    schema: z.email().optional(),
    purpose: 'Who is written to when nobody else is named.',
    without: 'Nobody.',
    phases: ['H.4'],
    probe: 'set',
  }),
  NEURAL_FABRIC_URL: variable({
    schema: z.url().optional(),
    purpose: 'Remote inference fabric.',
    without: 'The built-in runtime.',
    phases: ['I.1'],
    probe: 'http',
  }),
  QUANTUM_COORD_URL: variable({
    schema: z.url().optional(),
    purpose: 'Coordinator of remote training rounds.',
    without: 'The built-in coordinator.',
    phases: ['I.1'],
    probe: 'http',
  }),
  RULES_ENGINE_URL: variable({
    schema: z.url().optional(),
    purpose: 'Remote rules engine.',
    without: 'Local rules.',
    phases: ['I.1'],
    probe: 'http',
  }),
  REPL_WINDOW_MS: variable({
    schema: z.coerce.number().int().min(1).default(5000),
    purpose: 'Window in which feature changes are replicated, in milliseconds.',
    without: '5000.',
    phases: ['I.1'],
    probe: 'set',
  }),
} as const satisfies Record<string, Variable>;
