import { createHash, randomInt } from 'node:crypto';
import type { z } from 'zod';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { readContacts } from '#server/platform/identity/service.ts';
import { notAPerson } from '../errors.ts';
import { notificationEvent } from '../events.ts';
import { kinds, type Preferences, type savePreferencesInput } from '../schema.ts';
import {
  bindTelegramChat,
  offerTelegramCode,
  savePreference,
  selectPreferences,
  unbindTelegramChat,
} from '../store/settings.ts';
import { isReal } from './gateways.ts';

const codeMinutes = 15;
const codeHash = (code: string) => createHash('sha256').update(`telegram-link:${code}`).digest('hex');

export async function readPreferences(ctx: ReadContext): Promise<Preferences> {
  const me = ctx.principal.id;
  const [[said], [contact]] = await Promise.all([
    selectPreferences(ctx.db, [me]),
    readContacts(ctx, { users: [me], roles: [] }),
  ]);
  const list = (given: readonly string[] | undefined) => kinds.filter(kind => given?.includes(kind) ?? true);
  return {
    mail: list(said?.mail),
    slack: list(said?.slack),
    telegram: list(said?.telegram),
    quiet:
      said && said.quietFrom !== null && said.quietTo !== null
        ? { from: said.quietFrom, to: said.quietTo }
        : null,
    timeZone: said?.timeZone ?? 'UTC',
    slackMember: said?.slackMember ?? null,
    hasMail: Boolean(contact?.email),
    telegramLinked: Boolean(said?.telegramChat),
    connected: { mail: isReal('mail'), slack: isReal('slack'), telegram: isReal('telegram') },
  };
}

export async function savePreferences(
  ctx: CommandContext,
  input: z.output<typeof savePreferencesInput>,
): Promise<Preferences> {
  const me = personOf(ctx);
  const { quiet, ...rest } = input;
  await ctx.commit(
    notificationEvent(
      'notification.preferences_changed',
      { kind: 'user', id: me },
      {
        mail: input.mail,
        slack: input.slack,
        telegram: input.telegram,
        quiet: quiet !== null,
      },
    ),
    tx =>
      savePreference(
        tx,
        me,
        { ...rest, quietFrom: quiet?.from ?? null, quietTo: quiet?.to ?? null },
        ctx.clock.now(),
      ),
  );
  return readPreferences(ctx);
}

/** A code to send to the bot: it proves that the chat belongs to whoever is signed in here. */
export async function offerTelegramLink(ctx: CommandContext): Promise<{ code: string; until: string }> {
  const me = personOf(ctx);
  const now = ctx.clock.now();
  const until = new Date(now.getTime() + codeMinutes * 60_000);
  const code = Array.from({ length: 10 }, () => 'ABCDEFGHJKMNPQRSTVWXYZ23456789'[randomInt(30)]).join('');
  await ctx.commit(
    notificationEvent(
      'notification.preferences_changed',
      { kind: 'user', id: me },
      { telegram: 'code offered' },
    ),
    tx => offerTelegramCode(tx, me, { hash: codeHash(code), until }, kinds, now),
  );
  return { code, until: until.toISOString() };
}

export async function dropTelegramLink(ctx: CommandContext): Promise<Preferences> {
  const me = personOf(ctx);
  await ctx.commit(
    notificationEvent('notification.preferences_changed', { kind: 'user', id: me }, { telegram: 'unlinked' }),
    tx => unbindTelegramChat(tx, me, ctx.clock.now()),
  );
  return readPreferences(ctx);
}

/** Called by the bot's callback; false when the code is wrong, spent or too old. */
export async function takeTelegramLink(ctx: CommandContext, code: string, chat: string): Promise<boolean> {
  try {
    await ctx.commit<string>(
      userId => notificationEvent('notification.telegram_linked', { kind: 'user', id: userId }),
      async tx => {
        const userId = await bindTelegramChat(tx, codeHash(code), chat, ctx.clock.now());
        if (userId === null) throw new NoSuchCode();
        return userId;
      },
    );
    return true;
  } catch (error) {
    if (error instanceof NoSuchCode) return false;
    throw error;
  }
}

class NoSuchCode extends Error {}

function personOf(ctx: CommandContext): string {
  if (ctx.principal.kind !== 'user') throw notAPerson();
  return ctx.principal.id;
}
