export type Yaml = string | null | Yaml[] | { [key: string]: Yaml };

interface Line {
  indent: number;
  text: string;
}

/**
 * The part of YAML that kubeconfigs and inventories are written in: block mappings, block lists, plain and quoted
 * scalars. Returns undefined for what it does not understand, rather than guessing.
 */
export function readYaml(text: string): Yaml | undefined {
  const lines = text
    .split(/\r?\n/)
    .filter(line => !/^\s*(#.*)?$/.test(line) && !/^(---|\.\.\.)\s*$/.test(line))
    .map(line => ({ indent: line.length - line.trimStart().length, text: line.trim() }));
  try {
    const [first] = lines;
    if (!first) return undefined;
    const { value, next } = block(lines, 0, first.indent);
    return next === lines.length ? value : undefined;
  } catch {
    return undefined;
  }
}

const isItem = (line: Line | undefined, indent: number): boolean =>
  line !== undefined && line.indent === indent && /^-(\s|$)/.test(line.text);

function block(lines: Line[], at: number, indent: number): { value: Yaml; next: number } {
  return isItem(lines[at], indent) ? list(lines, at, indent) : mapping(lines, at, indent);
}

function list(lines: Line[], at: number, indent: number): { value: Yaml[]; next: number } {
  const value: Yaml[] = [];
  let next = at;
  for (let line = lines[next]; line && isItem(line, indent); line = lines[next]) {
    const rest = line.text.slice(1);
    const inner = rest.trim();
    if (inner === '' || /^[^"'\s][^:]*:(\s|$)/.test(inner)) {
      const deeper = indent + 1 + rest.length - rest.trimStart().length;
      if (inner !== '') lines[next] = { indent: deeper, text: inner };
      else next += 1;
      const item = block(lines, next, inner === '' ? (lines[next]?.indent ?? 0) : deeper);
      value.push(item.value);
      next = item.next;
    } else {
      value.push(scalar(inner));
      next += 1;
    }
  }
  return { value, next };
}

function mapping(lines: Line[], at: number, indent: number): { value: Yaml; next: number } {
  const value: { [key: string]: Yaml } = Object.create(null);
  let next = at;
  for (let line = lines[next]; line && line.indent === indent && !isItem(line, indent); line = lines[next]) {
    const [, quoted, plain, rest = ''] =
      /^(?:["'](.*?)["']|([^"'[{&*!|>%@`][^:]*?))\s*:(?:\s+(.*))?$/.exec(line.text) ?? [];
    const key = quoted ?? plain;
    if (key === undefined) throw new Error('not a mapping');
    next += 1;
    const child = lines[next];
    if (/^[|>]/.test(rest)) {
      while ((lines[next]?.indent ?? -1) > indent) next += 1;
      value[key] = '';
    } else if (rest !== '' && !rest.startsWith('#')) value[key] = scalar(rest);
    else if (child && (child.indent > indent || isItem(child, indent))) {
      const inner = block(lines, next, child.indent);
      value[key] = inner.value;
      next = inner.next;
    } else value[key] = null;
  }
  return { value, next };
}

function scalar(text: string): Yaml {
  const quoted = /^"([^"\\]*)"|^'([^']*)'/.exec(text);
  if (quoted) return quoted[1] ?? quoted[2] ?? '';
  const plain = text.replace(/\s+#.*$/, '');
  if (plain === '{}') return {};
  if (plain === '[]') return [];
  if (/^[[{&*!"']/.test(plain)) throw new Error('not a plain scalar');
  return plain === 'null' || plain === '~' ? null : plain;
}
