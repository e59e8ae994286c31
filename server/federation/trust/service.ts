import { declareRegionFacts, declareRegionNotice, onHeartbeats } from '#server/federation/regions/service.ts';
import { heard, standing } from './service/spread.ts';

export { trustFreshness } from './service/members.ts';
export { flowJudge } from './service/rules.ts';
export { publishAnew } from './service/self.ts';
export { heard, standing } from './service/spread.ts';

/** Regions learn of revocations with every answer to a heartbeat, and say with the next one that they did. */
declareRegionNotice('trust', async ctx => ({ ...(await standing(ctx)) }));
declareRegionFacts('Trust', async ctx => {
  const { revoked } = await standing(ctx);
  return { 'no longer trusted': revoked };
});
onHeartbeats((ctx, beats) =>
  heard(
    ctx,
    'region',
    beats.flatMap(beat => (beat.bundle === undefined ? [] : [{ target: beat.name, sequence: beat.bundle }])),
  ),
);
