/**
 * RFC 4180. A cell that a spreadsheet would take for a formula is prefixed with an apostrophe: a tenant's name must not
 * run on the machine of whoever opens the export.
 */
function cell(value: unknown): string {
  const text =
    value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvRow = (values: readonly unknown[]): string => `${values.map(cell).join(',')}\r\n`;
export const csvHeader = (columns: readonly string[]): string => csvRow(columns);
