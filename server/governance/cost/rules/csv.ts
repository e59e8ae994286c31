export interface CsvRecord {
  /** Of its first character, counted from one. */
  line: number;
  cells: string[];
}

export interface CsvFault {
  line: number;
  message: string;
}

/** RFC 4180, strictly: a quote inside an unquoted cell, or text after a closing quote, is an error and no guess. */
export function parseCsv(text: string): { records: CsvRecord[]; fault: CsvFault | null } {
  const records: CsvRecord[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let line = 1;
  let record: CsvRecord = { line, cells: [] };
  const fault = (message: string) => ({ records, fault: { line, message } });
  while (at <= text.length) {
    let cell = '';
    if (text[at] === '"') {
      const opened = line;
      for (at++; ; at++) {
        const c = text[at];
        if (c === undefined)
          return { records, fault: { line: opened, message: 'A quoted cell is never closed.' } };
        if (c === '"') {
          if (text[at + 1] !== '"') break;
          at++;
        }
        if (c === '\n') line++;
        cell += c;
      }
      at++;
    } else {
      const end = nextBreak(text, at);
      cell = text.slice(at, end);
      if (cell.includes('"')) return fault('A quote stands inside a cell that does not begin with one.');
      at = end;
    }
    record.cells.push(cell);
    const c = text[at];
    if (c === ',') {
      at++;
      continue;
    }
    if (c !== undefined && c !== '\n' && c !== '\r') return fault('Text follows a closing quote.');
    if (c === '\r' && text[at + 1] !== '\n') return fault('A carriage return without a line feed.');
    if (record.cells.length > 1 || record.cells[0] !== '') records.push(record);
    if (c === undefined) break;
    at += c === '\r' ? 2 : 1;
    line++;
    record = { line, cells: [] };
  }
  return { records, fault: null };
}

function nextBreak(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 44 || c === 10 || c === 13) return i;
  }
  return text.length;
}

/** What a spreadsheet would run as a formula gets an apostrophe; one that was there is doubled, so that reading undoes it. */
export const guardCell = (value: string): string =>
  /^'*[=+\-@\t\r]/.test(value) && !/^-?\d+(\.\d+)?$/.test(value) ? `'${value}` : value;
export const unguardCell = (value: string): string => (/^'+[=+\-@\t\r]/.test(value) ? value.slice(1) : value);

export const csvLine = (cells: readonly string[]): string =>
  `${cells
    .map(guardCell)
    .map(cell => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(',')}\r\n`;
