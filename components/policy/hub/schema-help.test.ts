import { describe, expect, it } from 'vitest';
import { documentSchemas, policyContent } from '#server/policy/hub/schema.ts';
import { policyKindNames } from './kind-words.ts';
import { blank, contentOf, issuesOf } from './policy-fields.ts';
import { fieldsOf } from './schema-help.ts';

const kinds = Object.keys(documentSchemas) as (keyof typeof documentSchemas)[];

describe('the help beside a document', () => {
  it.each(kinds)('names every field of %s, and its example is accepted', kind => {
    const fields = fieldsOf(kind);
    expect(fields.length).toBeGreaterThan(1);
    for (const field of fields) expect(field.type).not.toBe('anything');
    const { example } = policyKindNames[kind];
    for (const name of Object.keys(example)) expect(fields.map(f => f.path)).toContain(name);
    expect(documentSchemas[kind].safeParse(example).success).toBe(true);
  });

  it('tells what is required, what is left out, and what lists hold', () => {
    const fields = new Map(fieldsOf('retention').map(field => [field.path, field]));
    expect(fields.get('defaultDays')).toMatchObject({ required: true, type: 'integer 1 to 3,650' });
    expect(fields.get('rules')).toMatchObject({ required: false });
    expect(fields.get('rules')?.says).toContain('Left out: [].');
    expect(fields.get('rules[].dataClass')?.type).toBe('public | internal | personal | health | financial');
  });
});

describe('what is typed', () => {
  const typed = { ...blank('retention'), id: 'keep' };

  it('is checked as the server checks it', () => {
    expect(issuesOf(typed)).toEqual([]);
    expect(policyContent.safeParse(contentOf(typed)).success).toBe(true);
    const wrong = { ...typed, id: 'No', document: '{"defaultDays": 0, "more": 1}' };
    expect(issuesOf(wrong).map(issue => issue.field)).toEqual(['id', 'document.defaultDays', 'document']);
    expect(issuesOf({ ...typed, document: '{' })).toMatchObject([{ field: 'document' }]);
    expect(issuesOf({ ...typed, regions: 'EU West!' }).map(issue => issue.field)).toContain(
      'scope.regions.0',
    );
  });
});
