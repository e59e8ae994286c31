import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { signEnvelope } from '#kernel/signing/dsse.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { registrationType } from '#server/federation/regions/schema.ts';
import { simulatedKey } from '#server/federation/regions/service/simulated-key.ts';
import { registerRegion } from '#server/federation/regions/service.ts';

const world = [
  { name: 'eu-west', lat: 53.35, lon: -6.26, country: 'IE' },
  { name: 'us-east', lat: 38.95, lon: -77.45, country: 'US' },
  { name: 'ap-south', lat: 19.08, lon: 72.88, country: 'IN' },
  { name: 'ap-northeast', lat: 35.68, lon: 139.69, country: 'JP' },
  { name: 'sa-east', lat: -23.55, lon: -46.63, country: 'BR' },
];

export async function seedRegions(ctx: CommandContext): Promise<void> {
  for (const { name, lat, lon, country } of world) {
    const { key, id, pem } = simulatedKey(name);
    const content = {
      name,
      url: `https://${name}.region.internal`,
      keys: [pem],
      provider: 'simulated',
      location: { lat, lon, country },
      environment: 'simulation',
    };
    await registerRegion(ctx, signEnvelope(registrationType, canonicalBytes(content), [{ id, key }]));
  }
}
