/** Told apart by hue and, from the seventh on, by the line's pattern; the table below names them. */
const hues = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const patterns = ['', '5 3', '2 2', '8 3 2 3'];
export const lineOf = (i: number) => ({
  stroke: hues[i % hues.length] ?? '#0072b2',
  strokeDasharray: patterns[Math.floor(i / hues.length) % patterns.length] ?? '',
});
