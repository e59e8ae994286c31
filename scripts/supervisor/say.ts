import { stripVTControlCharacters } from 'node:util';

const colours = {
  web: 36,
  worker: 35,
  'relay 1': 34,
  'relay 2': 34,
  postgres: 33,
  start: 32,
  error: 31,
} as const;
export type Source = keyof typeof colours;

const tty = process.stdout.isTTY;

export function say(source: Source, text: string): void {
  const name = source.padEnd(9);
  process.stdout.write(`${tty ? `\u001b[${colours[source]}m${name}\u001b[0m` : name} ${text}\n`);
}

/** A start that cannot go on says why in one sentence. */
export class CannotStart extends Error {}

/** Our processes log JSON; a person reads one short line each. */
export function readable(line: string): string | null {
  if (!line.startsWith('{')) return stripVTControlCharacters(line).trim() === '' ? null : line;
  try {
    const {
      level,
      time,
      event,
      msg,
      pid: _pid,
      hostname: _host,
      service: _service,
      outcome,
      stack,
      trace_id: _trace,
      ...rest
    } = JSON.parse(line) as Record<string, unknown>;
    if (level === 'info' && (event === 'call' || event === 'job')) return null; // every request is in the JSON log, not on the terminal
    const extra = Object.entries(rest).map(
      ([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
    );
    const at = typeof time === 'string' ? time.slice(11, 19) : '';
    return [
      at,
      level === 'info' ? '' : String(level),
      event ?? msg ?? '',
      outcome ?? '',
      ...extra,
      stack ? `\n${String(stack)}` : '',
    ]
      .filter(Boolean)
      .join(' ');
  } catch {
    return line;
  }
}
