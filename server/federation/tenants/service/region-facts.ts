import { declareRegionFacts } from '#server/federation/regions/service.ts';
import { countAtHome } from '../store.ts';

/** What a region that was away may have missed: tenants that came, went, or were suspended. */
declareRegionFacts('Tenants at home there', (ctx, region) => countAtHome(ctx.db, region));
