import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMiner, maskedWords, type Template, templateText, usualDrain } from './drain.ts';

const miner = (limits = usualDrain) => createMiner((event, words) => `${event}|${words.join(' ')}`, limits);

describe('template mining', () => {
  it('finds one template for lines that differ in values only', () => {
    const m = miner();
    const ids = [
      'GET /products/17 200 in 34 ms',
      'GET /products/9120 200 in 8 ms',
      'GET /products/3 200 in 1,204 ms',
    ].map(line => m.match('http', line).template.id);
    expect(new Set(ids).size).toBe(1);
    expect(m.size).toBe(1);
  });

  it('widens a word that turns out to vary, and tells different statements apart', () => {
    const m = miner();
    const first = m.match('auth', 'user alice logged in from console');
    const second = m.match('auth', 'user bob logged in from console');
    expect(second).toMatchObject({ created: false, widened: true });
    expect(second.template.id).toBe(first.template.id);
    expect(templateText(second.template)).toBe('user <*> logged in from console');
    expect(m.match('auth', 'connection refused by upstream host yesterday').created).toBe(true);
    expect(m.match('other', 'user alice logged in from console').created).toBe(true);
  });

  it('masks what is plainly a value', () => {
    expect(
      maskedWords(
        'job 5f3a9c failed at 2026-01-01T00:00:00.123Z on 10.0.0.1:5432 after 12ms (id 019aa5c2-7b1e-7c3d-8f00-1234567890ab)',
        60,
      ).join(' '),
    ).toBe('job <id> failed at <time> on <host> after <num>ms (id <id>)');
    expect(maskedWords(`from <email:${'a'.repeat(60)}>`, 60)).toEqual(['from', '<email>']);
  });

  it('goes on where another process stopped', () => {
    const first = miner();
    first.match('auth', 'user alice logged in from console');
    const { template } = first.match('auth', 'user bob logged in from console');
    const later = miner();
    later.learn([structuredClone(template)] as Template[]);
    expect(later.match('auth', 'user carol logged in from console')).toMatchObject({
      created: false,
      template: { id: template.id },
    });
  });

  it('stays within its bounds whatever is sent, and always gives a template', () => {
    const limits = { ...usualDrain, templates: 20, branches: 4, words: 8 };
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.option(fc.string({ unit: 'binary', maxLength: 200 }))),
          { maxLength: 200 },
        ),
        lines => {
          const m = miner(limits);
          for (const [event, line] of lines) {
            const { template } = m.match(event, line);
            expect(template.words.length).toBeLessThanOrEqual(limits.words + 1);
            expect(template.event).toBe(event);
          }
          expect(m.size).toBeLessThanOrEqual(limits.templates * 2);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives the same line the same template, again and again', () => {
    fc.assert(
      fc.property(fc.array(fc.lorem({ maxCount: 8 }), { minLength: 1, maxLength: 40 }), lines => {
        const m = miner();
        for (const line of lines) m.match('e', line);
        const settled = lines.map(line => m.match('e', line).template.id);
        const size = m.size;
        expect(lines.map(line => m.match('e', line).template.id)).toEqual(settled);
        expect(m.size).toBe(size);
      }),
    );
  });
});
