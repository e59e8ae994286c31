import { z } from 'zod';
import type { ActionName } from '#kernel/actions/plan.ts';
import { redactText } from '#kernel/redact/redact.ts';
import type { Enrichment, ProposalCard } from '../schema.ts';
import type { ModelInput, Prepared } from './prompt.ts';

/** What a model has to answer with; sent along as `response_format`, and checked again here. */
export const modelAnswer = z.strictObject({
  order: z.array(z.string().regex(/^P\d{1,2}$/)).max(10),
  notes: z
    .array(
      z.strictObject({
        proposal: z.string().regex(/^P\d{1,2}$/),
        sentences: z
          .array(
            z.strictObject({
              text: z.string().min(1).max(300),
              cites: z
                .array(z.string().regex(/^E\d{1,3}$/))
                .min(1)
                .max(12),
            }),
          )
          .max(4),
      }),
    )
    .max(10),
});
export type ModelAnswer = z.output<typeof modelAnswer>;

export interface Enriched {
  order: string[];
  texts: Enrichment['texts'];
  /** What was left out, and why. */
  dropped: string[];
}

export type Judged = { ok: true; enriched: Enriched } | { ok: false; problem: string };

/** A proposal moves one place at most, and only past one whose score is nearly its own. */
const nearly = 0.75;

/** Reads a model's answer as what it is: text from outside. Nothing in it can become an action, a target or a plan. */
export function judge(raw: string, prepared: Prepared, proposals: readonly ProposalCard[]): Judged {
  let found: unknown;
  try {
    found = JSON.parse(raw);
  } catch {
    return { ok: false, problem: 'The answer is not JSON.' };
  }
  const parsed = modelAnswer.safeParse(found);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return {
      ok: false,
      problem: `The answer does not have the shape that was asked for: ${issue?.path.join('.') || 'the whole'} (${issue?.code ?? 'invalid'}).`,
    };
  }
  const dropped: string[] = [];
  const texts: Enrichment['texts'] = {};
  for (const { proposal: ref, sentences } of parsed.data.notes) {
    const id = prepared.proposalOf.get(ref);
    const own = proposals.find(p => p.id === id);
    const shown = prepared.input.proposals.find(p => p.ref === ref);
    if (!id || !own || !shown) {
      dropped.push(`${ref}: no such proposal`);
      continue;
    }
    for (const { text, cites } of sentences) {
      const why = whyNot(text, cites, own, shown, prepared.input);
      const eventIds = [...new Set(cites)].flatMap(cite => prepared.eventOf.get(cite) ?? []);
      if (why) dropped.push(`${ref}: ${why}`);
      else texts[id] = [...(texts[id] ?? []), { text: text.trim(), eventIds }].slice(0, 4);
    }
  }
  return {
    ok: true,
    enriched: { order: orderWithin(parsed.data.order, prepared, proposals), texts, dropped },
  };
}

const markup =
  /https?:|www\.|[<>`{}\\]|\]\(|!\[|\b[a-z0-9-]+\.(?:com|net|org|io|dev|ru|xyz|example|test|invalid)\b|\/\//i;
const plainSentence = /^\p{L}[\p{L}\p{N} ,.;:'’%()-]*\.$/u;
const leastWords = 4;
const hidden = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/u;

/** How people speak of each action: a sentence about one proposal names none that is not its own. */
const spoken: Partial<Record<ActionName, RegExp>> = {
  scale: /\bscal(?:e|es|ed|ing)\b|\breplicas?\b/i,
  restart: /\brestart|\breboot/i,
  rollback: /\broll(?:s|ed|ing)?[ -]?back|\brevert/i,
  'rotate-keys': /\brotat|\brevok/i,
  failover: /\bfail(?:s|ed|ing)?[ -]?over|\bevacuat/i,
  cordon: /\bcordon/i,
  drain: /\bdrain/i,
  dryrun: /\bdry[ -]?run/i,
};
const neverSpoken =
  /\b(?:ignore|disregard|override|bypass|skip|disable|delete|drop|wipe|kubectl|curl|sudo|ssh|rm -|password|secret|token|credential|api[ -]?key|system prompt|instructions?|pre-?approved?|auto-?approve|no approval|without approval|approve it|approve this|execute (?:it )?now|immediately)\b/i;

function whyNot(
  text: string,
  cites: readonly string[],
  own: ProposalCard,
  shown: ModelInput['proposals'][number],
  input: ModelInput,
): string | null {
  const unknown = cites.find(cite => !shown.cites.includes(cite));
  if (unknown) return `${unknown} is not among the events of this proposal`;
  if (hidden.test(text)) return 'hidden characters';
  if (!plainSentence.test(text) || text.split(' ').length < leastWords) return 'not a plain sentence';
  if (markup.test(text) || redactText(text) !== text) return 'markup, an address or something secret';
  if (neverSpoken.test(text)) return 'words that instruct';
  if (input.events.some(event => echoes(text, event))) return 'words that telemetry wrote';
  const actions = new Set<string>(own.plan.steps.map(step => step.action));
  for (const [action, words] of Object.entries(spoken))
    if (!actions.has(action) && words.test(text)) return 'another action than its own';
  const names = new Set([
    ...own.plan.steps.map(step => step.target),
    ...input.events.flatMap(event =>
      shown.cites.includes(event.ref) && event.service ? [event.service] : [],
    ),
  ]);
  const strange = (text.match(/\b[a-z0-9]+(?:[-_.][a-z0-9]+)+\b/gi) ?? []).find(word =>
    named(word, names, shown),
  );
  if (strange) return `a name that its evidence does not hold (${strange.slice(0, 40)})`;
  const numbers = new Set(JSON.stringify([shown, own.facts, own.plan]).match(/\d+(?:\.\d+)?/g) ?? []);
  if ((text.match(/\d+(?:\.\d+)?/g) ?? []).some(number => !numbers.has(number)))
    return 'a number that its evidence does not hold';
  return null;
}

const wordsOf = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
const echoAtLeast = 4;

/** A run of words that stands in an event's own text was not written by the model but by whoever wrote the event. */
function echoes(text: string, event: ModelInput['events'][number]): boolean {
  const written = ` ${wordsOf(`${event.event} ${event.service ?? ''} ${event.message ?? ''}`).join(' ')} `;
  const words = wordsOf(text);
  const length = Math.min(echoAtLeast, words.length);
  for (let i = 0; i + length <= words.length; i++)
    if (written.includes(` ${words.slice(i, i + length).join(' ')} `)) return true;
  return false;
}

/** Words with a hyphen or a dot look like names of things; the proposal's own, and ordinary compounds of letters, are none. */
function named(word: string, names: ReadonlySet<string>, shown: ModelInput['proposals'][number]): boolean {
  const lower = word.toLowerCase();
  if (/^[\d.]+$/.test(lower)) return false;
  if (names.has(lower) || names.has(word)) return false;
  const said = `${shown.title} ${shown.cause} ${shown.rationale.join(' ')}`.toLowerCase();
  if (said.includes(lower)) return false;
  return (
    !/^[a-z]{2,}(?:-[a-z]{2,})+$/.test(lower) ||
    /^(?:service|svc|node|pod|db|region|tenant|host|cluster)-/.test(lower)
  );
}

/** The suggestion as far as it may go: neighbours change places once, never past one that is clearly better or allowed. */
function orderWithin(
  suggested: readonly string[],
  prepared: Prepared,
  proposals: readonly ProposalCard[],
): string[] {
  const place = new Map(
    suggested.map((ref, i): [string | undefined, number] => [prepared.proposalOf.get(ref), i]),
  );
  const order = [...proposals].sort((a, b) => a.rank - b.rank);
  for (let i = 0; i + 1 < order.length; i++) {
    const [ahead, behind] = [order[i], order[i + 1]];
    if (!ahead || !behind) break;
    const wanted = (place.get(behind.id) ?? Number.POSITIVE_INFINITY) < (place.get(ahead.id) ?? -1);
    const close = behind.score >= ahead.score * nearly;
    const alike = ahead.requiredApprovals.denied === behind.requiredApprovals.denied;
    if (!wanted || !close || !alike) continue;
    order[i] = behind;
    order[i + 1] = ahead;
    i++;
  }
  return order.map(proposal => proposal.id);
}
