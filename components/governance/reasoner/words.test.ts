import { describe, expect, it } from 'vitest';
import type { ProposalCard } from '#server/governance/reasoner/schema.ts';
import { costWords, inOrder, money } from './words.ts';

const card = (id: string, rank: number) => ({ id, rank }) as ProposalCard;

describe('the words of a proposal', () => {
  it('say what is not known, what is free and what saves', () => {
    expect(costWords({ costDelta: null })).toBe('Not known');
    expect(costWords({ costDelta: { perDay: 0, low: 0, high: 0, currency: 'EUR' } })).toBe('Nothing');
    expect(money(-3, 'EUR')).toBe('−3.00 EUR');
    expect(money(3, 'EUR')).toBe('+3.00 EUR');
  });

  it('keep the ranking where nothing else was suggested', () => {
    const cards = [card('b', 2), card('a', 1)];
    expect(inOrder(cards, undefined).map(c => c.id)).toEqual(['a', 'b']);
    expect(inOrder(cards, []).map(c => c.id)).toEqual(['a', 'b']);
    expect(inOrder(cards, ['b', 'a']).map(c => c.id)).toEqual(['b', 'a']);
  });
});
