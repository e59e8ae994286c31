import { expect, it } from 'vitest';
import { csvRow } from './csv.ts';

it('quotes what needs it and disarms formulas', () => {
  expect(csvRow(['plain', 'with "quotes", and comma', 'two\nlines'])).toBe(
    'plain,"with ""quotes"", and comma","two\nlines"\r\n',
  );
  expect(csvRow(['=HYPERLINK("x")', '+1', '@sum', '-2+3', '-5', 7, null, true])).toBe(
    `"'=HYPERLINK(""x"")",'+1,'@sum,'-2+3,-5,7,,true\r\n`,
  );
});
