import { wordsOf } from './words.ts';

const k1 = 1.2;
const b = 0.75;

/** Okapi BM25 of each text for the query; zero where no word is shared. */
export function bm25(query: string, texts: readonly string[]): number[] {
  const wanted = new Set(wordsOf(query));
  const documents = texts.map(text => {
    const counts = new Map<string, number>();
    const words = wordsOf(text);
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    return { counts, length: words.length };
  });
  const average = documents.reduce((sum, d) => sum + d.length, 0) / Math.max(1, documents.length) || 1;
  const rarity = new Map<string, number>();
  for (const word of wanted) {
    const having = documents.filter(d => d.counts.has(word)).length;
    rarity.set(word, Math.log(1 + (documents.length - having + 0.5) / (having + 0.5)));
  }
  return documents.map(({ counts, length }) => {
    let score = 0;
    for (const word of wanted) {
      const often = counts.get(word) ?? 0;
      if (often > 0)
        score +=
          ((rarity.get(word) ?? 0) * often * (k1 + 1)) / (often + k1 * (1 - b + (b * length) / average));
    }
    return score;
  });
}

/** Reciprocal rank fusion: what several rankings put high is high, whatever their scores mean. */
export function fused(rankings: readonly (readonly number[])[], count: number): number[] {
  const scores = new Array<number>(count).fill(0);
  for (const ranking of rankings)
    ranking.forEach((index, rank) => {
      scores[index] = (scores[index] ?? 0) + 1 / (60 + rank + 1);
    });
  return scores;
}

/** Indexes from the best down; what scores nothing is no hit. */
export const ranked = (scores: readonly number[], least = 0): number[] =>
  scores
    .map((score, index) => ({ score, index }))
    .filter(({ score }) => score > least)
    .sort((x, y) => y.score - x.score)
    .map(({ index }) => index);
