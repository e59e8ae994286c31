import type { ReadDb } from '#kernel/db/database.ts';
import type { EntryBody } from '#kernel/ledger/event.ts';
import { declaredEvent, sentenceOf } from '#kernel/ledger/reading.ts';
import { casesOf, disclosed, type Linked, whyEdges } from '../rules.ts';
import type { WhyGraph } from '../schema.ts';
import { type EntryRow, selectByReferences, selectByTargets, selectByUids, selectEffects } from '../store.ts';

const mostEntries = 60;
const mostRounds = 6;

/** What led to an entry and what came of it: outwards from it along named causes, references and shared cases. */
export async function whyOf(db: ReadDb, focus: EntryRow): Promise<WhyGraph> {
  const found = new Map<string, Linked>([[focus.uid, linked(focus)]]);
  const asked = new Set<string>();
  let edge: Linked[] = [...found.values()];
  let cut = false;
  for (let round = 0; edge.length > 0 && round < mostRounds && !cut; round++) {
    const fresh = (values: string[]) => {
      const open = [...new Set(values)].filter(value => !asked.has(value));
      for (const value of open) asked.add(value);
      return open;
    };
    const causes = fresh(edge.flatMap(e => (e.body.causedBy ?? []).map(uid => `uid:${uid}`)));
    const effects = fresh(edge.map(e => `effects:${e.node.uid}`));
    const references = fresh(edge.flatMap(e => casesOf(e.body).references.map(r => `reference:${r}`)));
    const targets = fresh(edge.flatMap(e => casesOf(e.body).targets.map(t => `target:${t}`)));
    const bare = (values: string[]) => values.map(value => value.slice(value.indexOf(':') + 1));
    const rows = (
      await Promise.all([
        causes.length > 0 ? selectByUids(db, bare(causes)) : [],
        selectEffects(db, bare(effects)),
        references.length > 0 ? selectByReferences(db, bare(references)) : [],
        targets.length > 0 ? selectByTargets(db, bare(targets)) : [],
      ])
    ).flat();
    edge = [];
    for (const row of rows.toSorted((a, b) => a.id - b.id)) {
      if (found.has(row.uid)) continue;
      if (found.size >= mostEntries) {
        cut = true;
        break;
      }
      const entry = linked(row);
      found.set(row.uid, entry);
      edge.push(entry);
    }
  }
  const entries = [...found.values()].sort((a, b) => a.order - b.order);
  return { nodes: entries.map(e => e.node), edges: whyEdges(entries), cut };
}

function linked(row: EntryRow): Linked {
  const { body } = disclosed(JSON.parse(row.body.toString('utf8')) as EntryBody, row.body);
  return {
    order: row.id,
    body,
    node: {
      uid: row.uid,
      type: body.type,
      sentence: sentenceOf(body, { actor: row.actorName, target: row.targetName }),
      at: body.at,
      actor: row.actorName ?? `${body.actor.kind}:${body.actor.id}`,
      outcome: declaredEvent(body.type)?.outcome ?? 'done',
      index: row.index,
    },
  };
}
