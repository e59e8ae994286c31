import { describe, expect, it } from 'vitest';
import type { EntryBody } from '#kernel/ledger/event.ts';
import type { DeclaredEvent } from '#kernel/ledger/reading.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { casesOf, changesOf, disclosed, justify, type Linked, typesOf, whyEdges } from './rules.ts';

const entry = (part: Partial<EntryBody> = {}): EntryBody => ({
  v: 1,
  uid: 'a',
  at: '2026-11-21T07:00:00.000Z',
  type: 'thing.done',
  actor: { kind: 'user', id: 'u1' },
  detail: {},
  ...part,
});
const event = (type: string, system: string, outcome: DeclaredEvent['outcome']): DeclaredEvent => ({
  type,
  system,
  outcome,
  reads: () => '',
});
const declared = [
  event('tenant.created', 'tenants', 'done'),
  event('region.refused', 'regions', 'refused'),
  event('region.updated', 'regions', 'done'),
];

describe('which types a filter leaves', () => {
  it.each([
    [{}, null],
    [{ type: ['x.y'] }, ['x.y']],
    [{ system: ['regions'] }, ['region.refused', 'region.updated']],
    [{ outcome: ['refused' as const] }, ['region.refused']],
    [{ system: ['tenants'], outcome: ['refused' as const] }, []],
    [{ type: ['tenant.created', 'region.updated'], system: ['regions'] }, ['region.updated']],
  ])('%j leaves %j', (filter, types) => expect(typesOf(filter, declared)).toEqual(types));
});

describe('what leaves of an entry', () => {
  it('is the very bytes where they hold no secret', () => {
    const body = entry({ detail: { reason: 'moved away' } });
    expect(disclosed(body, canonicalBytes(body)).text).toBe(canonicalBytes(body).toString());
  });
  it.each<EntryBody['detail']>([
    { password: 'canary-1' },
    { note: 'Bearer canary1234567890' },
    { dsn: 'postgres://atom:canary@db/atom' },
    { deep: [{ api_key: 'canary' }] },
    { reason: 'key atom_pat_canarycanarycanary' },
    { reason: 'write to canary@example.com' },
  ])('is no byte of %j', detail => {
    const body = entry({ detail });
    const out = disclosed(body, canonicalBytes(body));
    expect(out.text).toBeNull();
    expect(JSON.stringify(out)).not.toContain('canary');
  });
});

it('finds changes of fields and of the whole', () => {
  expect(changesOf({ name: { from: 'a', to: 'b' }, reason: 'x' })).toEqual([
    { field: 'name', from: 'a', to: 'b' },
  ]);
  expect(changesOf({ from: 'active', to: 'suspended' })).toEqual([
    { field: 'state', from: 'active', to: 'suspended' },
  ]);
  expect(changesOf({ list: [1], nothing: null })).toEqual([]);
});

describe('the graph of reasons', () => {
  const linked = (order: number, uid: string, part: Partial<EntryBody> = {}): Linked => ({
    order,
    body: entry({ uid, ...part }),
    node: { uid, type: 't.x', sentence: uid, at: '', actor: '', outcome: 'done', index: order },
  });
  it('leads from request over approval and release to execution', () => {
    const approval = { kind: 'approval', id: 'r1' };
    const entries = [
      linked(1, 'request', { target: approval }),
      linked(2, 'approve', { target: approval }),
      linked(3, 'release', { target: approval, causedBy: ['approve'] }),
      linked(4, 'execute', { causedBy: ['release'], detail: { requestId: 'r1' } }),
      linked(5, 'elsewhere', { target: { kind: 'approval', id: 'r2' } }),
    ];
    expect(whyEdges(entries)).toEqual([
      { from: 'approve', to: 'release', kind: 'caused' },
      { from: 'release', to: 'execute', kind: 'caused' },
      { from: 'request', to: 'approve', kind: 'followed' },
    ]);
  });
  it('ties entries of one reference, and never an entry to itself', () => {
    const entries = [
      linked(1, 'a', { reference: 'x', causedBy: ['a', 'unknown'] }),
      linked(2, 'b', { reference: 'x' }),
    ];
    expect(whyEdges(entries)).toEqual([{ from: 'a', to: 'b', kind: 'followed' }]);
  });
  it('takes no text of a person for the name of a case', () => {
    expect(casesOf(entry({ detail: { requestId: "x' or 1=1", execId: 'e1' } })).targets).toEqual([
      'execution:e1',
    ]);
  });
});

it('justifies from structured facts alone', () => {
  const body = entry({
    channel: 'console',
    procedure: 'things.do',
    simulated: true,
    detail: { size: { from: 1, to: 2 }, reason: 'more load' },
  });
  const node = (uid: string) => ({
    uid,
    type: 't.x',
    sentence: `${uid} happened`,
    at: '',
    actor: '',
    outcome: 'done' as const,
    index: 1,
  });
  const { summary, lines } = justify(
    body,
    'done',
    { actor: 'operator' },
    {
      nodes: [node('cause'), node('a'), node('effect')],
      edges: [
        { from: 'cause', to: 'a', kind: 'caused' },
        { from: 'a', to: 'effect', kind: 'followed' },
      ],
      cut: false,
    },
  );
  expect(summary).toBe(
    'Thing done: more load. This happened on 2026-11-21 at 07:00:00 UTC, in the console, by things.do. It was carried out. It changed size from “1” to “2”. It followed from: cause happened. What came of it: effect happened. It belongs to the simulated world.',
  );
  expect(lines).toContainEqual({ label: 'Who', value: 'operator (user)' });
});
