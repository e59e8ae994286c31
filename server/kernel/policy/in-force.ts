import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import type { Bus } from '../realtime/bus.ts';
import { type Decision, decide, type Held } from './combine.ts';
import { noteDecision } from './decisions.ts';
import type { Question } from './evaluate.ts';
import type { PolicyKind } from './kinds.ts';

type Load = (database: Database) => Promise<Held[]>;
let load: Load = async () => [];

/** The kernel knows no hub: who keeps the policies says here how the active ones are read. */
export const bindPolicies = (bound: Load): void => {
  load = bound;
};

interface Followed {
  bus: Bus;
  held: Promise<Held[]> | null;
}
const followed = new WeakMap<Database, Followed>();

/** A stream that was silent for so long may have missed a publication: until it is heard again, every question reads. */
const silentMs = 10_000;

/** From now on this process holds the active policies in memory, and reads them again only after one of them changed. */
export function followPolicies(database: Database, bus: Bus): () => void {
  const own: Followed = { bus, held: null };
  followed.set(database, own);
  const unsubscribe = bus.subscribe(event => {
    if ('gap' in event || event.topic === 'policies') own.held = null;
  });
  return () => {
    unsubscribe();
    followed.delete(database);
  };
}

export async function policiesInForce(database: Database): Promise<readonly Held[]> {
  const own = followed.get(database);
  if (!own || Date.now() - own.bus.freshAt().getTime() > silentMs) return load(database);
  if (own.held) return own.held;
  const reading = load(database);
  own.held = reading;
  reading.catch(() => {
    if (own.held === reading) own.held = null;
  });
  return reading;
}

const expired = ({ content: { expires } }: Held, now: Date) =>
  expires !== null && Date.parse(expires) <= now.getTime();

/** As an edge decides it: what has expired denies, since nobody renewed what it says. */
export function decideUnder(
  kind: PolicyKind,
  held: readonly Held[],
  question: Question,
  now: Date,
): Decision | null {
  const decision = decide(kind, held, question);
  const late = decision?.under.find(u => held.some(h => h.content.id === u.policy && expired(h, now)));
  if (!decision || !late) return decision;
  return { ...decision, effect: 'deny', reasons: [`The policy ${late.policy} has expired.`] };
}

/** What the active policies say, for every system; `null` = no policy of the kind speaks here. Costs no query. */
export async function decideInForce(
  from: { database: Database; clock: Clock },
  kind: PolicyKind,
  question: Question,
  among: (held: Held) => boolean = () => true,
): Promise<Decision | null> {
  const held = (await policiesInForce(from.database)).filter(among);
  const now = from.clock.now();
  const decision = decideUnder(kind, held, question, now);
  noteDecision(from.database, { at: now, kind, question, decision });
  return decision;
}

/** Names what decided: "keep-data" (version 3). */
export const namedPolicies = ({ under }: Decision): string =>
  under.map(u => `“${u.policy}” (version ${u.version})`).join(' and ');
