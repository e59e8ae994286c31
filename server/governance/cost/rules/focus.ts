import { hash } from 'node:crypto';
import { csvLine, parseCsv, unguardCell } from './csv.ts';
import { formatDecimal, parseDecimal } from './decimal.ts';
import {
  chargeCategories,
  focusColumns,
  kindOf,
  requiredColumns,
  serviceCategories,
} from './focus-columns.ts';

/** One charge: what is asked for by name, and all its columns as text in one way of writing. */
export interface FocusRow {
  tenantId: string | null;
  chargeStart: string;
  chargeEnd: string;
  billingStart: string;
  provider: string;
  category: string;
  serviceCategory: string;
  serviceName: string;
  resourceId: string | null;
  region: string | null;
  currency: string;
  billedCost: string;
  effectiveCost: string;
  consumedQuantity: string | null;
  consumedUnit: string | null;
  columns: Record<string, string>;
}

export interface LineFault {
  line: number;
  column?: string;
  message: string;
}

export interface Parsed {
  rows: FocusRow[];
  faults: LineFault[];
}

/** Enough to mend a file by; more would only say the same again. */
const mostFaults = 100;
const tenantPattern = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/;

export function parseFocus(format: 'csv' | 'json', text: string): Parsed {
  const parsed = format === 'csv' ? fromCsv(text) : fromJson(text);
  const first = parsed.rows[0];
  if (parsed.faults.length === 0 && !first)
    return { rows: [], faults: [{ line: 1, message: 'There is no charge in it.' }] };
  const other = parsed.rows.find(row => row.currency !== first?.currency);
  if (first && other)
    parsed.faults.push({
      line: 1,
      column: 'BillingCurrency',
      message: `It holds ${first.currency} and ${other.currency}. Sums over two currencies say nothing: bring one file for each.`,
    });
  return { rows: parsed.rows, faults: parsed.faults.slice(0, mostFaults) };
}

function headerFaults(names: readonly string[]): LineFault[] {
  const faults: LineFault[] = [];
  for (const [i, name] of names.entries()) {
    if (names.indexOf(name) !== i)
      faults.push({ line: 1, column: name, message: 'The column stands there twice.' });
    else if (kindOf(name) === null)
      faults.push({
        line: 1,
        column: name,
        message: 'FOCUS has no such column. Columns of your own begin with x_.',
      });
  }
  for (const name of requiredColumns)
    if (!names.includes(name)) faults.push({ line: 1, column: name, message: 'The column is missing.' });
  return faults;
}

function fromCsv(text: string): Parsed {
  const { records, fault } = parseCsv(text);
  const [header, ...lines] = records;
  if (fault) return { rows: [], faults: [fault] };
  if (!header) return { rows: [], faults: [] };
  const faults = headerFaults(header.cells);
  if (faults.length > 0) return { rows: [], faults };
  const rows: FocusRow[] = [];
  for (const { line, cells } of lines) {
    if (cells.length !== header.cells.length) {
      faults.push({ line, message: `It has ${cells.length} cells, the header ${header.cells.length}.` });
      continue;
    }
    const given = Object.fromEntries(header.cells.map((name, i) => [name, unguardCell(cells[i] ?? '')]));
    take(given, line, rows, faults);
  }
  return { rows, faults };
}

/** An array of objects, or one object a line. Numbers are taken as they are written, not as a double would hold them. */
function fromJson(text: string): Parsed {
  const rows: FocusRow[] = [];
  const faults: LineFault[] = [];
  const isArray = /^\s*\[/.test(text);
  const whole = isArray ? readJson(text) : null;
  if (isArray && !Array.isArray(whole))
    return { rows, faults: [{ line: 1, message: 'It is not valid JSON.' }] };
  const items: [number, unknown][] = Array.isArray(whole)
    ? whole.map((item, i) => [i + 1, item])
    : text
        .split('\n')
        .flatMap((line, i): [number, unknown][] => (line.trim() ? [[i + 1, readJson(line)]] : []));
  for (const [line, item] of items) {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      faults.push({ line, message: 'It is no JSON object.' });
      continue;
    }
    const missing = headerFaults(Object.keys(item)).map(fault => ({ ...fault, line }));
    if (missing.length > 0) {
      faults.push(...missing);
      continue;
    }
    const given = Object.fromEntries(Object.entries(item).map(([name, value]) => [name, asText(value)]));
    take(given, line, rows, faults);
  }
  return { rows, faults };
}

class Written {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text, ((_key: string, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' && context?.source !== undefined
        ? new Written(context.source)
        : value) as never);
  } catch {
    return undefined;
  }
}

const asText = (value: unknown): string =>
  value === null || value === undefined
    ? ''
    : value instanceof Written
      ? value.source
      : typeof value === 'string'
        ? value
        : JSON.stringify(value, (_key, inner) => (inner instanceof Written ? Number(inner.source) : inner));

function take(given: Record<string, string>, line: number, rows: FocusRow[], faults: LineFault[]): void {
  const found: LineFault[] = [];
  const columns: Record<string, string> = {};
  for (const [column, raw] of Object.entries(given)) {
    if (raw === '') continue;
    const read = readCell(column, raw);
    if (read === null) found.push({ line, column, message: whyNot(column, raw) });
    else columns[column] = read;
  }
  for (const name of requiredColumns)
    if (given[name] === '') found.push({ line, column: name, message: 'The value is missing.' });
  if (found.length === 0) found.push(...periodFaults(columns, line));
  if (found.length > 0) faults.push(...found);
  else rows.push(rowOf(columns));
}

const rowOf = (columns: Record<string, string>): FocusRow => ({
  tenantId: columns.SubAccountId ?? null,
  chargeStart: columns.ChargePeriodStart ?? '',
  chargeEnd: columns.ChargePeriodEnd ?? '',
  billingStart: columns.BillingPeriodStart ?? '',
  provider: columns.ProviderName ?? '',
  category: columns.ChargeCategory ?? '',
  serviceCategory: columns.ServiceCategory ?? '',
  serviceName: columns.ServiceName ?? '',
  resourceId: columns.ResourceId ?? null,
  region: columns.RegionId ?? null,
  currency: columns.BillingCurrency ?? '',
  billedCost: columns.BilledCost ?? '',
  effectiveCost: columns.EffectiveCost ?? '',
  consumedQuantity: columns.ConsumedQuantity ?? null,
  consumedUnit: columns.ConsumedUnit ?? null,
  columns,
});

function readCell(column: string, raw: string): string | null {
  switch (kindOf(column)) {
    case 'decimal': {
      const value = parseDecimal(raw);
      // The database holds 20 digits before the point.
      return value === null || (value < 0n ? -value : value) >= 10n ** 38n ? null : formatDecimal(value);
    }
    case 'time': {
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z$/.test(raw)) return null;
      const at = new Date(raw);
      return Number.isNaN(at.getTime()) || at.getUTCFullYear() < 2000 || at.getUTCFullYear() > 2199
        ? null
        : at.toISOString().replace('.000Z', 'Z');
    }
    case 'json':
      try {
        const value: unknown = JSON.parse(raw);
        return typeof value === 'object' && value !== null ? JSON.stringify(value) : null;
      } catch {
        return null;
      }
    default:
      return raw.length <= 2000 && allowed(column, raw) && storable(raw) ? raw : null;
  }
}

const storable = (text: string) => text.isWellFormed() && !text.includes('\0');

function allowed(column: string, raw: string): boolean {
  if (column === 'ChargeCategory') return (chargeCategories as readonly string[]).includes(raw);
  if (column === 'ServiceCategory') return (serviceCategories as readonly string[]).includes(raw);
  if (column === 'BillingCurrency') return /^[A-Z]{3}$/.test(raw);
  if (column === 'SubAccountId') return tenantPattern.test(raw);
  return true;
}

function whyNot(column: string, raw: string): string {
  const shown = raw.length > 40 ? `${raw.slice(0, 40)}…` : raw;
  if (column === 'ChargeCategory') return `“${shown}” is none of ${chargeCategories.join(', ')}.`;
  if (column === 'ServiceCategory') return `“${shown}” is no service category of FOCUS.`;
  if (column === 'BillingCurrency')
    return `“${shown}” is no currency code (ISO 4217, three capital letters).`;
  if (column === 'SubAccountId')
    return `“${shown}” cannot be a tenant: lower case letters, digits, - and _ only.`;
  const kind = kindOf(column);
  if (kind === 'decimal')
    return `“${shown}” is no decimal number of at most 20 digits before and 18 after the point.`;
  if (kind === 'time') return `“${shown}” is no instant in UTC, for example 2026-01-31T00:00:00Z.`;
  if (kind === 'json') return 'It is no JSON object.';
  return 'It is longer than 2,000 characters, or holds a character that cannot be stored.';
}

function periodFaults(columns: Record<string, string>, line: number): LineFault[] {
  const at = (name: string) => Date.parse(columns[name] ?? '');
  const faults: LineFault[] = [];
  for (const name of ['ChargePeriod', 'BillingPeriod'])
    if (!(at(`${name}Start`) < at(`${name}End`)))
      faults.push({
        line,
        column: `${name}End`,
        message: `The end lies not after ${name}Start (ends are exclusive).`,
      });
  if (columns.ConsumedQuantity !== undefined && columns.ConsumedUnit === undefined)
    faults.push({ line, column: 'ConsumedUnit', message: 'A quantity needs its unit.' });
  return faults;
}

/** The same charge has the same id wherever it comes from; equal charges of one file are told apart by counting. */
export function identified(rows: readonly FocusRow[]): (FocusRow & { id: string })[] {
  const seen = new Map<string, number>();
  return rows.map(row => {
    const content = JSON.stringify(Object.entries(row.columns).sort(([a], [b]) => (a < b ? -1 : 1)));
    const times = seen.get(content) ?? 0;
    seen.set(content, times + 1);
    return { ...row, id: hash('sha256', `${content}\n${times}`, 'hex') };
  });
}

/** All columns that any of the rows has; FOCUS's own first. */
function columnsOf(rows: readonly Record<string, string>[]): string[] {
  const used = new Set(rows.flatMap(row => Object.keys(row)));
  for (const name of requiredColumns) used.add(name);
  return [
    ...focusColumns.filter(name => used.has(name)),
    ...[...used].filter(name => name.startsWith('x_')).sort(),
  ];
}

export function writeCsv(rows: readonly Record<string, string>[]): string {
  const columns = columnsOf(rows);
  return `${columns.join(',')}\r\n${rows.map(row => csvLine(columns.map(name => row[name] ?? ''))).join('')}`;
}

/** Decimals stay text: a reader that makes doubles of them would lose digits. */
export const writeJson = (rows: readonly Record<string, string>[]): string =>
  `[${rows
    .map(row =>
      JSON.stringify(
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            kindOf(name) === 'json' ? JSON.parse(value) : value,
          ]),
        ),
      ),
    )
    .join(',\n')}]\n`;
