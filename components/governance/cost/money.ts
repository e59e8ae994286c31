/** Whole units where cents say nothing any more. */
export const money = (value: number | string, currency: string | null): string => {
  const amount = Number(value);
  const text = amount.toLocaleString('en', {
    minimumFractionDigits: Math.abs(amount) < 1000 ? 2 : 0,
    maximumFractionDigits: Math.abs(amount) < 1000 ? 2 : 0,
  });
  return currency ? `${text} ${currency}` : text;
};

export const signed = (value: number, currency: string | null): string =>
  `${value > 0 ? '+' : ''}${money(value, currency)}`;

export const percent = (share: number | null, digits = 0): string =>
  share === null ? 'unknown' : `${(share * 100).toFixed(digits)}\u00a0%`;

export const modelTitles: Record<string, string> = {
  'seasonal-naive': 'Seasonal naive',
  ets: 'Exponential smoothing',
  seasons: 'Several seasons',
  theta: 'Theta',
  calendar: 'Calendar regression',
  'seasonal-ar': 'Seasonal autoregression',
  combination: 'Mean of the best three',
};
