import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Registration } from '#server/federation/regions/schema.ts';
import {
  type AgentKey,
  newKeyFile,
  openKeyFile,
  type Sent,
  send,
  signedRegistration,
} from '#server/federation/regions/service/agent.ts';
import { Pulse } from '#server/federation/regions/service/pulse.ts';
import type { Verb } from './catalogue.ts';

const registryUsed = () => process.env.GLOBAL_REGISTRY_URL ?? 'http://localhost:8401';
const options = {
  name: { type: 'string' },
  url: { type: 'string' },
  key: { type: 'string' },
  'former-key': { type: 'string' },
  environment: { type: 'string', default: 'production' },
  provider: { type: 'string' },
  location: { type: 'string' },
  registry: { type: 'string' },
  every: { type: 'string' },
  times: { type: 'string' },
} as const;

function wordsOf(words: string[]) {
  try {
    return parseArgs({ args: words, options }).values;
  } catch {
    return null;
  }
}

function keyOf(path: string | undefined): AgentKey | null {
  try {
    return path === undefined ? null : openKeyFile(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** LAT,LON,COUNTRY */
function placeOf(text: string | undefined): Registration['location'] {
  const [lat, lon, country] = text?.split(',') ?? [];
  return lat && lon && country ? { lat: Number(lat), lon: Number(lon), country } : undefined;
}

const token = () => process.env.ATOM_TOKEN;

function report({ status, body }: Sent): number {
  const said =
    body.detail ?? (status === 202 ? `Waits for approval ${String(body.requestId)}` : String(body.status));
  (status < 300 ? console.log : console.error)(`${status}  ${String(said)}`);
  return status < 300 ? 0 : 1;
}

export const regionKey: Verb = {
  name: 'region key',
  usage: 'region key FILE',
  summary: 'Make a region’s key, readable by its owner only',
  run: async ([file]) => {
    if (!file) return usageOf(regionKey);
    if (existsSync(file)) {
      console.error(`${file} exists; a key is never overwritten.`);
      return 1;
    }
    writeFileSync(file, newKeyFile(), { mode: 0o600, flag: 'wx' });
    console.log(openKeyFile(readFileSync(file, 'utf8')).id);
    return 0;
  },
};

export const regionRegister: Verb = {
  name: 'region register',
  usage: 'region register --name N --url URL --key FILE [--former-key FILE] [--registry URL]',
  summary: 'Register a region, signed with its key',
  run: async words => {
    const args = wordsOf(words);
    const key = keyOf(args?.key);
    if (!args?.name || !args.url || !key) return usageOf(regionRegister);
    const former = keyOf(args['former-key']);
    if (args['former-key'] !== undefined && !former) return usageOf(regionRegister);
    const location = placeOf(args.location);
    const envelope = signedRegistration(
      {
        name: args.name,
        url: args.url,
        environment: args.environment as Registration['environment'],
        ...(args.provider ? { provider: args.provider } : {}),
        ...(location ? { location } : {}),
        issuedAt: new Date().toISOString(),
      },
      key,
      former ?? undefined,
    );
    return report(
      await send(args.registry ?? registryUsed(), '/region/register', envelope, key, new Date(), token()),
    );
  },
};

export const regionHeartbeat: Verb = {
  name: 'region heartbeat',
  usage: 'region heartbeat --name N --key FILE [--every SECONDS] [--times N] [--registry URL]',
  summary: 'Say that a region lives, once or again and again',
  run: async words => {
    const args = wordsOf(words);
    const key = keyOf(args?.key);
    if (!args?.name || !key) return usageOf(regionHeartbeat);
    const every = args.every === undefined ? 0 : Number(args.every) * 1000;
    const times = args.times === undefined ? (every > 0 ? Number.POSITIVE_INFINITY : 1) : Number(args.times);
    const pulse = new Pulse(args.registry ?? registryUsed(), args.name, key, token());
    let code = 0;
    for (let i = 0; i < times; i++) {
      if (i > 0) await pulse.rest(Math.max(every, 1));
      try {
        code = report(await pulse.beat());
      } catch (error) {
        code = 1;
        console.error((error as Error).message); // the registry may be back by the next one
      }
    }
    return code;
  },
};

function usageOf(verb: Verb): number {
  console.error(`Usage: npm run atom -- ${verb.usage}`);
  return 2;
}
