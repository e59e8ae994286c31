import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyProcedure } from '@trpc/server';
import { parseSync, Visitor } from 'oxc-parser';
import { describe, expect, it } from 'vitest';
import { declaredEvent, declaredEvents, declareEvents, sentenceOf } from '#kernel/ledger/reading.ts';
import type { ProcedureMeta } from '#kernel/trpc/init.ts';
import '#workers/catalogue.ts';
import { appRouter } from './root.ts';
import { systemTitles } from './systems.ts';

const root = join(import.meta.dirname, '..');
const shape = /^[a-z][a-z_]*\.[a-z][a-z_]*$/;

/** Types written as `type: 'noun.past'`, wherever an entry is made. */
function writtenTypes(): string[] {
  const found = new Set<string>();
  for (const path of globSync('server/**/*.ts', { cwd: root })) {
    if (/\.test\.ts$|generated|testing|\/realtime\//.test(path)) continue;
    const { program } = parseSync(path, readFileSync(join(root, path), 'utf8'));
    new Visitor({
      Property: node => {
        if (node.key.type !== 'Identifier' || node.key.name !== 'type' || node.value.type !== 'Literal')
          return;
        if (typeof node.value.value === 'string' && shape.test(node.value.value)) found.add(node.value.value);
      },
      TSLiteralType: node => {
        if (!path.endsWith('events.ts') || node.literal.type !== 'Literal') return;
        if (typeof node.literal.value === 'string' && shape.test(node.literal.value))
          found.add(node.literal.value);
      },
    }).visit(program);
  }
  return [...found].sort();
}

const audited = Object.values(appRouter._def.procedures as unknown as Record<string, AnyProcedure>).flatMap(
  p => ((p._def as unknown as { meta?: ProcedureMeta }).meta?.audit ?? '').split(' ').filter(Boolean),
);

describe('every event type', () => {
  it.each([...new Set([...audited, ...writtenTypes()])].sort())('%s has a sentence', type => {
    expect(declaredEvent(type), `${type} is not declared in its system's events.ts`).toBeDefined();
  });

  it.each(declaredEvents())('$type reads as a sentence, whatever the entry lacks', event => {
    const bare = { type: event.type, actor: { kind: 'user', id: 'u1' }, detail: {} };
    const full = {
      ...bare,
      target: { kind: 'thing', id: 'x1' },
      tenant: 't1',
      detail: {
        reason: 'because',
        name: 'N',
        policy: 'P1',
        failed: 0,
        roles: ['admin'],
        nested: { from: 1, to: null },
      },
    };
    for (const entry of [bare, full]) {
      const text = sentenceOf(entry, { actor: 'operator' });
      expect(text).toMatch(/^[\p{Lu}\d]/u);
      expect(text).not.toMatch(/undefined|null|\[object|NaN|\s{2}|\.$/);
      expect(text.length).toBeGreaterThan(8);
    }
    expect(sentenceOf(full, { actor: 'operator' })).toContain('because');
    expect([...Object.keys(systemTitles), 'console', 'keys']).toContain(event.system);
  });

  it('is declared by one system', () => {
    expect(() => declareEvents('elsewhere', { 'tenant.created': { reads: () => '' } })).toThrow(/tenants/);
  });

  it('that nobody declares still reads', () => {
    const entry = {
      type: 'ship.sunk_deep',
      actor: { kind: 'system', id: 'x' },
      target: { kind: 'ship', id: 's1' },
      detail: {},
    };
    expect(sentenceOf(entry)).toBe('Ship s1 sunk deep');
  });
});
