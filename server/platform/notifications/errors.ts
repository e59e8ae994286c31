import { conflict, DomainError, invalid, notFound } from '#kernel/errors/domain-error.ts';

export const noSuchDelivery = (id: string) => notFound('delivery', id);
export const noSuchEndpoint = (id: string) => notFound('endpoint', id);

export const notDead = () =>
  conflict('delivery.not_dead', 'Only a delivery that was given up can be sent again.');
export const settledMatter = () =>
  conflict('delivery.retired', 'The matter is settled; the message is not sent any more.');
export const staleEndpoint = () =>
  conflict('endpoint.stale', 'Somebody changed this endpoint meanwhile. Look at it again.');
export const badEndpoint = (message: string) => invalid('endpoint.url', message, [{ field: 'url', message }]);
export const noAddress = () =>
  invalid('channel.no_address', 'Your account has no e-mail address, so no test mail can reach you.');
export const needsHttps = () =>
  conflict(
    'channel.needs_https',
    'Telegram calls https addresses only. Set PUBLIC_URL to the https address of this console.',
  );
export const notConnected = (what: string) =>
  conflict('channel.not_connected', `${what} is not connected, so there is nothing to set up.`);
export const telegramRefused = (why: string) =>
  new DomainError('unavailable', 'channel.telegram', `Telegram refused: ${why}`);
export const notAPerson = () =>
  new DomainError('denied', 'notification.not_a_person', 'Only a signed-in person has preferences.');

export const callbackRefused = (why: 'unsigned' | 'stale' | 'forged' | 'malformed') =>
  new DomainError(
    why === 'malformed' ? 'invalid' : 'unauthenticated',
    `callback.${why}`,
    {
      unsigned: 'The callback carries no signature, or nothing here can check it.',
      stale: 'The callback is older than five minutes, or from the future.',
      forged: 'The signature of the callback is wrong.',
      malformed: 'The callback is not one of the messages this console sent.',
    }[why],
  );
export const callbackReplayed = () => conflict('callback.replayed', 'This callback was taken already.');
