import { createTransport } from 'nodemailer';
import { redact, redactText } from '#kernel/redact/redact.ts';
import type { Answer, ChannelGateway, Parcel } from '../gateway.ts';
import type { Effect, Remote } from '../rules/exchange.ts';
import { type Mail, mailOf, mailRetired } from '../rules/mail.ts';

export interface MailConfig {
  url: string;
  from: string;
  /** The right half of message ids. */
  host: string;
}

const deadlineMs = 15_000;

export function mailGateway(config: MailConfig): ChannelGateway {
  async function send(
    mail: Mail,
    parcel: Parcel,
    effect: Effect,
    signal: AbortSignal,
    inReplyTo?: string,
  ): Promise<Answer> {
    const to = parcel.target.kind === 'mail' ? parcel.target.address : '';
    // The same for every try: a server that sees it twice can tell.
    const messageId = `<${parcel.id}@${config.host}>`;
    const request = {
      what: 'SMTP message',
      messageId,
      to: redactText(to),
      subject: mail.subject,
      text: mail.text,
    };
    const transport = createTransport({
      url: config.url,
      connectionTimeout: deadlineMs,
      greetingTimeout: deadlineMs,
      socketTimeout: deadlineMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const stop = () => transport.close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const { response } = await untilAborted(
        transport.sendMail({
          from: config.from,
          to: { name: '', address: to },
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          messageId,
          date: parcel.now,
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
          ...(inReplyTo ? { inReplyTo, references: [inReplyTo] } : {}),
        }),
        signal,
      );
      const remote: Remote = { messageId };
      return {
        result: 'delivered',
        effect,
        remote,
        request: redact(request) as Record<string, unknown>,
        response: { said: redactText(response) },
      };
    } catch (error) {
      const { outcome, response } = refusal(error, signal);
      return { ...outcome, request: redact(request) as Record<string, unknown>, response };
    } finally {
      signal.removeEventListener('abort', stop);
      transport.close();
    }
  }

  return {
    channel: 'mail',
    real: true,
    send: (parcel, signal) => send(mailOf(parcel.content), parcel, 'sent', signal),
    retire: (parcel, remote, outcome, signal) =>
      send(mailRetired(parcel.content, outcome), parcel, 'followed_up', signal, remote?.messageId),
  };
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(new Error('no answer in time'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([work, promise]);
}

/** The first digit decides, as the protocol means it: 4 is "not now", 5 is "never". */
function refusal(error: unknown, signal: AbortSignal) {
  const { code, responseCode, response, command } = error as {
    code?: string;
    responseCode?: number;
    response?: string;
    command?: string;
  };
  const said = redactText(response ?? (signal.aborted ? 'no answer in time' : (code ?? 'failed')));
  const kept = { ...(code ? { code } : {}), ...(command ? { command } : {}), said };
  if (responseCode !== undefined && responseCode >= 500) {
    const ours = code === 'EAUTH' || (command !== undefined && !/^(RCPT|DATA)/.test(command));
    return {
      outcome: { result: 'dead', reason: said, fault: ours ? 'channel' : 'recipient' } as const,
      response: kept,
    };
  }
  // Greylisting says "later", and means it of this recipient, not of the server.
  const patience = responseCode !== undefined && responseCode >= 400;
  return {
    outcome: { result: 'retry', reason: said, ...(patience ? { patience: true as const } : {}) } as const,
    response: kept,
  };
}
