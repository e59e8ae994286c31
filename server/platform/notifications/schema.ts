import { z } from 'zod';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';
import { kinds } from './schema/terms.ts';

export { kinds } from './schema/terms.ts';

export const severities = ['info', 'warning', 'critical'] as const;
export const channels = ['slack', 'telegram', 'mail', 'webhook'] as const;
export const outcomes = ['decided', 'expired', 'withdrawn'] as const;
export type Kind = (typeof kinds)[number];
export type Severity = (typeof severities)[number];
export type Channel = (typeof channels)[number];
export type Outcome = (typeof outcomes)[number];

/** A path of this console, never an address: `//` and backslashes would lead elsewhere. */
const consolePath = z
  .string()
  .max(500)
  .regex(/^\/(?![/\\])[^\\\s]*$/, 'A path of the console, beginning with one slash.');

const line = z.strictObject({ label: z.string().min(1).max(60), value: z.string().max(500) });

const audience = z
  .strictObject({
    users: z.array(z.string().min(1).max(100)).max(200).optional(),
    roles: z.array(z.string().min(1).max(40)).max(10).optional(),
  })
  .refine(to => (to.users?.length ?? 0) + (to.roles?.length ?? 0) > 0, 'Name at least one reader.');

/** What a system asks to be told. It leaves the console, so it carries no secrets and no personal data. */
export const messageInput = z.strictObject({
  /** Messages about one matter: retired together when it is settled. */
  groupKey: z.string().min(1).max(200),
  kind: z.enum(kinds),
  severity: z.enum(severities),
  title: z.string().min(1).max(200),
  lines: z.array(line).max(20),
  link: consolePath,
  expiresAt: z.iso.datetime().optional(),
  to: audience,
});
export type Message = z.output<typeof messageInput>;

export const acceptPayload = z.strictObject({ id: z.uuid(), message: messageInput });
export const retirePayload = z.strictObject({
  id: z.uuid(),
  groupKey: z.string().min(1).max(200),
  outcome: z.enum(outcomes),
});

export const inboxInput = z.strictObject({
  unread: z.boolean().default(false),
  kind: facet(kinds),
  offset: z.int().min(0).max(100_000).default(0),
  limit: z.int().min(1).max(100).default(50),
});
export const inboxRow = z.object({
  id: z.uuid(),
  kind: z.enum(kinds),
  severity: z.enum(severities),
  title: z.string(),
  lines: z.array(z.object({ label: z.string(), value: z.string() })),
  link: z.string(),
  state: z.enum(['open', 'retired']),
  outcome: z.enum(outcomes).nullable(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  readAt: z.string().nullable(),
});
export type InboxRow = z.output<typeof inboxRow>;
export const inboxOutput = z.object({ rows: z.array(inboxRow), nextOffset: z.int().nullable() });
export const inboxCounts = z.object({ unread: z.int(), critical: z.int(), total: z.int() });
/** Without ids: everything. */
export const markReadInput = z.strictObject({ ids: z.array(z.uuid()).min(1).max(200).optional() });
export const marked = z.object({ marked: z.int() });

export const deliveryStates = ['waiting', 'sending', 'delivered', 'simulated', 'dead', 'cancelled'] as const;
export const deliverySorts = ['createdAt', 'channel', 'state', 'attempts'] as const;
export const listDeliveriesInput = listInput(deliverySorts, {
  channel: facet(channels),
  state: facet(deliveryStates),
  kind: facet(kinds),
  group: z.string().max(200).optional(),
});
export type ListDeliveriesInput = z.output<typeof listDeliveriesInput>;

export const deliveryRow = z.object({
  id: z.uuid(),
  channel: z.enum(channels),
  /** In words: the shared channel, a person, an endpoint. */
  to: z.string(),
  purpose: z.enum(['send', 'retire']),
  state: z.enum(deliveryStates),
  attempts: z.int(),
  nextAt: z.string(),
  effect: z.enum(['sent', 'updated', 'deleted', 'followed_up']).nullable(),
  lastError: z.string().nullable(),
  createdAt: z.string(),
  settledAt: z.string().nullable(),
  title: z.string(),
  kind: z.enum(kinds),
  severity: z.enum(severities),
  groupKey: z.string(),
  test: z.boolean(),
});
export type DeliveryRow = z.output<typeof deliveryRow>;
export const listDeliveriesOutput = listOutput(deliveryRow);
export const deliveryRef = z.strictObject({ id: z.uuid() });

export const deliveryAttempt = z.object({
  id: z.uuid(),
  at: z.string(),
  outcome: z.string(),
  millis: z.int(),
  request: z.record(z.string(), z.unknown()),
  response: z.record(z.string(), z.unknown()),
  error: z.string().nullable(),
});
export type DeliveryAttempt = z.output<typeof deliveryAttempt>;
export const deliveryDetail = deliveryRow.extend({ tries: z.array(deliveryAttempt) });
export const deliveryFacets = z.object({
  channel: z.record(z.string(), z.int()),
  state: z.record(z.string(), z.int()),
  kind: z.record(z.string(), z.int()),
});

export const circuitState = z.object({
  state: z.enum(['closed', 'open', 'half_open']),
  failures: z.int(),
  retryAt: z.string().nullable(),
});
export const endpointRow = z.object({
  id: z.uuid(),
  name: z.string(),
  url: z.string(),
  kinds: z.array(z.enum(kinds)),
  enabled: z.boolean(),
  version: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type EndpointRow = z.output<typeof endpointRow>;
export const channelRow = z.object({
  channel: z.enum(channels),
  title: z.string(),
  state: z.enum(['real', 'simulated']),
  /** Why, and what would connect it. */
  reason: z.string(),
  /** Whether callbacks of the channel are accepted, and where they arrive. */
  callback: z.object({ url: z.string(), accepted: z.boolean(), reason: z.string() }).nullable(),
  circuit: circuitState,
  day: z.object({ delivered: z.int(), simulated: z.int() }),
  dead: z.int(),
  waiting: z.int(),
  lastAt: z.string().nullable(),
});
export type ChannelRow = z.output<typeof channelRow>;
export const channelsOutput = z.object({
  channels: z.array(channelRow),
  endpoints: z.array(endpointRow.extend({ circuit: circuitState })),
  fallback: z.boolean(),
});

const endpointName = z.string().trim().min(1, 'Name the endpoint.').max(60);
const endpointUrl = z.url({ protocol: /^https?$/, error: 'An http or https address.' }).max(500);
const endpointKinds = z.array(z.enum(kinds)).min(1, 'Choose at least one kind.').max(kinds.length);
export const createEndpointInput = z.strictObject({
  name: endpointName,
  url: endpointUrl,
  kinds: endpointKinds,
});
export const updateEndpointInput = z.strictObject({
  id: z.uuid(),
  version: z.int().min(1),
  name: endpointName.optional(),
  url: endpointUrl.optional(),
  kinds: endpointKinds.optional(),
  enabled: z.boolean().optional(),
});
export const endpointRef = z.strictObject({ id: z.uuid(), version: z.int().min(1) });
export const removeEndpointInput = z.strictObject({
  id: z.uuid(),
  reason: z.string().trim().min(3, 'Say why, in a few words.').max(500),
});
/** The secret is in this answer and in no later one. */
export const endpointSecret = z.object({ endpoint: endpointRow, secret: z.string() });
export const testInput = z.strictObject({ channel: z.enum(channels), endpointId: z.uuid().optional() });
export const testOutput = z.object({ deliveryId: z.uuid() });

const zone = z.string().refine(name => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}, 'Not a time zone, for example Europe/Berlin.');
const minute = z.int().min(0).max(1439);
const kindList = z.array(z.enum(kinds)).max(kinds.length);
export const savePreferencesInput = z.strictObject({
  mail: kindList,
  slack: kindList,
  telegram: kindList,
  quiet: z.strictObject({ from: minute, to: minute }).nullable(),
  timeZone: zone,
  slackMember: z
    .string()
    .regex(/^[UW][A-Z0-9]{5,20}$/, 'A Slack member id, for example U024BE7LH.')
    .nullable(),
});
export const preferences = savePreferencesInput.extend({
  /** Whether there is an address to write to; the address itself is in the profile. */
  hasMail: z.boolean(),
  telegramLinked: z.boolean(),
  connected: z.object({ mail: z.boolean(), slack: z.boolean(), telegram: z.boolean() }),
});
export type Preferences = z.output<typeof preferences>;
export const telegramCode = z.object({ code: z.string(), until: z.string() });
export const done = z.object({ done: z.literal(true) });
