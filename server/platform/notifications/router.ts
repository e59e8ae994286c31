import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import {
  channelsOutput,
  createEndpointInput,
  deliveryDetail,
  deliveryFacets,
  deliveryRef,
  done,
  endpointRef,
  endpointRow,
  endpointSecret,
  inboxCounts,
  inboxInput,
  inboxOutput,
  listDeliveriesInput,
  listDeliveriesOutput,
  marked,
  markReadInput,
  preferences,
  removeEndpointInput,
  savePreferencesInput,
  telegramCode,
  testInput,
  testOutput,
  updateEndpointInput,
} from './schema.ts';
import { connectTelegram, readChannels, sendTest } from './service/channels.ts';
import { changeEndpoint, createEndpoint, removeEndpoint, rotateEndpoint } from './service/endpoints.ts';
import { markNotificationsRead, readInbox, readInboxCounts } from './service/inbox.ts';
import { listDeliveries, readDelivery, readDeliveryFacets, retryDelivery } from './service/log.ts';
import {
  dropTelegramLink,
  offerTelegramLink,
  readPreferences,
  savePreferences,
} from './service/preferences.ts';

const stepUp = { maxAgeMinutes: 10 };

export const notificationsRouter = router({
  inbox: read({ permission: 'notification:own', own: true })
    .input(inboxInput)
    .output(inboxOutput)
    .query(({ ctx, input }) => readInbox(ctx, input)),
  counts: read({ permission: 'notification:own', own: true })
    .output(inboxCounts)
    .query(({ ctx }) => readInboxCounts(ctx)),
  markRead: command({ permission: 'notification:own', own: true, audit: 'notification.read' })
    .input(markReadInput)
    .output(marked)
    .mutation(({ ctx, input }) => markNotificationsRead(ctx, input.ids)),
  preferences: read({ permission: 'notification:own', own: true })
    .output(preferences)
    .query(({ ctx }) => readPreferences(ctx)),
  savePreferences: command({
    permission: 'notification:own',
    own: true,
    audit: 'notification.preferences_changed',
  })
    .input(savePreferencesInput)
    .output(preferences)
    .mutation(({ ctx, input }) => savePreferences(ctx, input)),
  linkTelegram: command({
    permission: 'notification:own',
    own: true,
    audit: 'notification.preferences_changed',
  })
    .output(telegramCode)
    .mutation(({ ctx }) => offerTelegramLink(ctx)),
  unlinkTelegram: command({
    permission: 'notification:own',
    own: true,
    audit: 'notification.preferences_changed',
  })
    .output(preferences)
    .mutation(({ ctx }) => dropTelegramLink(ctx)),
  deliveries: read({ permission: 'delivery:read' })
    .meta({ openapi: { method: 'GET', path: '/notifications/deliveries', summary: 'List deliveries' } })
    .input(listDeliveriesInput)
    .output(listDeliveriesOutput)
    .query(({ ctx, input }) => listDeliveries(ctx, input)),
  facets: read({ permission: 'delivery:read' })
    .output(deliveryFacets)
    .query(({ ctx }) => readDeliveryFacets(ctx)),
  delivery: read({ permission: 'delivery:read' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/notifications/deliveries/{id}',
        summary: 'Read one delivery with its tries',
      },
    })
    .input(deliveryRef)
    .output(deliveryDetail)
    .query(({ ctx, input }) => readDelivery(ctx, input.id)),
  retry: command({ permission: 'delivery:write', audit: 'notification.retried' })
    .meta({
      openapi: {
        method: 'POST',
        path: '/notifications/deliveries/{id}/retry',
        summary: 'Send again what was given up',
        success: 200,
      },
    })
    .input(deliveryRef)
    .output(deliveryDetail)
    .mutation(({ ctx, input }) => retryDelivery(ctx, input.id)),
  channels: read({ permission: 'channel:read' })
    .output(channelsOutput)
    .query(({ ctx }) => readChannels(ctx)),
  test: command({ permission: 'delivery:write', audit: 'notification.tested' })
    .input(testInput)
    .output(testOutput)
    .mutation(({ ctx, input }) => sendTest(ctx, input)),
  connectTelegram: command({
    permission: 'channel:write',
    audit: 'notification.telegram_connected',
    stepUp,
  })
    .output(done)
    .mutation(({ ctx }) => connectTelegram(ctx)),
  createEndpoint: command({ permission: 'channel:write', audit: 'notification.endpoint_created', stepUp })
    .input(createEndpointInput)
    .output(endpointSecret)
    .mutation(({ ctx, input }) => createEndpoint(ctx, input)),
  updateEndpoint: command({ permission: 'channel:write', audit: 'notification.endpoint_updated', stepUp })
    .input(updateEndpointInput)
    .output(endpointRow)
    .mutation(({ ctx, input }) => changeEndpoint(ctx, input)),
  rotateEndpoint: command({ permission: 'channel:write', audit: 'notification.endpoint_rotated', stepUp })
    .input(endpointRef)
    .output(endpointSecret)
    .mutation(({ ctx, input }) => rotateEndpoint(ctx, input)),
  removeEndpoint: command({ permission: 'channel:write', audit: 'notification.endpoint_removed', stepUp })
    .input(removeEndpointInput)
    .output(done)
    .mutation(({ ctx, input }) => removeEndpoint(ctx, input)),
});
