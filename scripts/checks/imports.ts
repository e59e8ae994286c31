import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseSync } from 'oxc-parser';
import { isTest, type SourceFile } from './files.ts';

export interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
  dynamic?: boolean;
}

const aliases: [string, string][] = [
  ['#kernel/', 'server/kernel/'],
  ['#server/', 'server/'],
  ['#components/', 'components/'],
  ['#workers/', 'workers/'],
  ['#scripts/', 'scripts/'],
  ['#e2e/', 'e2e/'],
];

function resolve(from: string, specifier: string): string {
  for (const [alias, folder] of aliases)
    if (specifier.startsWith(alias)) return folder + specifier.slice(alias.length);
  return specifier.startsWith('.')
    ? normalize(join(dirname(from), specifier)).replaceAll('\\', '/')
    : specifier;
}

/** Static and dynamic imports and re-exports, as a parser sees them. */
export function importsOf(file: SourceFile): Import[] {
  const { module } = parseSync(file.path, file.text);
  const of = (specifier: string, typeOnly: boolean): Import => ({
    from: file.path,
    to: resolve(file.path, specifier),
    typeOnly,
  });
  return [
    ...module.staticImports.map(i =>
      of(i.moduleRequest.value, i.entries.length > 0 && i.entries.every(e => e.isType)),
    ),
    ...module.staticExports.flatMap(e =>
      e.entries.flatMap(x => (x.moduleRequest ? [of(x.moduleRequest.value, x.isType)] : [])),
    ),
    ...module.dynamicImports.flatMap(d => {
      const text = file.text.slice(d.moduleRequest.start, d.moduleRequest.end);
      return /^['"].*['"]$/.test(text) ? [{ ...of(text.slice(1, -1), false), dynamic: true }] : [];
    }),
  ];
}

const areas = ['federation', 'selfhost', 'policy', 'governance', 'intelligence', 'platform'];
const systemOf = (path: string): string | null => {
  const [, area, slug, word] = path.split('/');
  return path.startsWith('server/') && area && slug && word && areas.includes(area)
    ? `${area}/${slug}`
    : null;
};
const wordOf = (path: string): string => (path.split('/')[3] ?? '').replace(/\.tsx?$/, '');

interface Law {
  name: string;
  broken(i: Import): boolean;
}

const inKernel = (path: string) => path.startsWith('server/kernel/');
const databasePackages = /^(pg|pg-copy-streams|kysely|@prisma\/.*)$/;
const ofSystem = (i: Import, word: string) =>
  systemOf(i.from) !== null && wordOf(i.from) === word && !i.typeOnly;
const doesIo = (to: string) =>
  databasePackages.test(to) ||
  /^node:(fs|net|tls|dns|http|https|http2|child_process|worker_threads)(\/|$)/.test(to) ||
  /^server\/kernel\/(db|realtime|jobs)\//.test(to);

/** The import law of the architecture, one entry a law; what breaks one is named with it. */
export const laws: Law[] = [
  {
    name: 'rules decide on what they are given, without I/O',
    broken: i =>
      ofSystem(i, 'rules') &&
      (doesIo(i.to) || (systemOf(i.to) !== null && !['schema', 'rules', 'events'].includes(wordOf(i.to)))),
  },
  {
    name: 'schema.ts is read by browsers too',
    broken: i =>
      ofSystem(i, 'schema') &&
      (i.to.startsWith('node:') || doesIo(i.to) || (systemOf(i.to) !== null && wordOf(i.to) !== 'schema')),
  },
  {
    name: 'a router only translates: store and gateway are its service’s',
    broken: i => ofSystem(i, 'router') && /^(store|gateway)/.test(wordOf(i.to)),
  },
  {
    name: 'the kernel imports no system, page, component or worker',
    broken: i =>
      inKernel(i.from) && /^(server|app|components|workers|prisma)\//.test(i.to) && !inKernel(i.to),
  },
  {
    name: 'a system reaches another one through its service, schema, events or request only',
    broken: i => {
      const [from, to] = [systemOf(i.from), systemOf(i.to)];
      return (
        from !== null &&
        to !== null &&
        from !== to &&
        !['service', 'schema', 'events', 'request'].includes(wordOf(i.to))
      );
    },
  },
  {
    name: 'a system imports no page, component, worker or root',
    broken: i =>
      systemOf(i.from) !== null && (/^(app|components|workers)\//.test(i.to) || i.to === 'server/root.ts'),
  },
  {
    name: 'the database is touched in store.ts, the kernel, seeds and scripts only',
    broken: i =>
      databasePackages.test(i.to) &&
      !i.typeOnly &&
      !inKernel(i.from) &&
      !/^(prisma|scripts)\//.test(i.from) &&
      i.from !== 'prisma.config.ts' &&
      wordOf(i.from) !== 'store',
  },
  {
    name: 'pages import components, the roots and the kernel only',
    broken: i => i.from.startsWith('app/') && (i.to.startsWith('workers/') || systemOf(i.to) !== null),
  },
  {
    name: 'components take values from schema.ts only, and types from the server',
    broken: i =>
      i.from.startsWith('components/') &&
      !i.typeOnly &&
      i.to.startsWith('server/') &&
      wordOf(i.to) !== 'schema',
  },
  {
    name: 'the component kit knows no system',
    broken: i =>
      /^components\/(ui|console)\//.test(i.from) &&
      (i.to.startsWith('server/') ||
        (i.to.startsWith('components/') && !/^components\/(ui|console)\//.test(i.to))),
  },
  {
    name: 'components import no page and no worker',
    broken: i => i.from.startsWith('components/') && /^(app|workers)\//.test(i.to),
  },
  {
    name: 'workers import jobs, services, roots and the kernel only',
    broken: i =>
      i.from.startsWith('workers/') &&
      (/^(app|components)\//.test(i.to) ||
        (systemOf(i.to) !== null && !['jobs', 'service'].includes(wordOf(i.to)))),
  },
  {
    name: 'next/* stays in pages, components, the proxy and kernel/auth',
    broken: i =>
      /^next(\/|$)/.test(i.to) &&
      !/^(app|components|server\/kernel\/auth)\//.test(i.from) &&
      !['proxy.ts', 'instrumentation.ts'].includes(i.from),
  },
  {
    name: 'the simulated world is reached through gateways that say so, by simulation and by seeds',
    broken: i =>
      i.to.startsWith('server/world/') &&
      !/^(server\/world|server\/governance\/simulation|prisma\/seed)\//.test(i.from) &&
      wordOf(i.from) !== 'gateway.simulated',
  },
  {
    name: 'only a system’s own service reaches its gateway',
    broken: i =>
      wordOf(i.to).startsWith('gateway') &&
      systemOf(i.to) !== null &&
      (systemOf(i.from) !== systemOf(i.to) || !/^(service|gateway)/.test(wordOf(i.from))),
  },
];

export function brokenLaws(files: readonly SourceFile[]): string[] {
  const production = files.filter(file => !isTest(file.path));
  const imports = production.flatMap(importsOf);
  const broken = imports.flatMap(i =>
    laws.filter(law => law.broken(i)).map(law => `${i.from} → ${i.to}: ${law.name}`),
  );
  const env = production
    .filter(
      f =>
        /process\.env\b/.test(f.text) &&
        !/^(server\/kernel\/env|scripts|bench|e2e)\//.test(f.path) &&
        f.path !== 'server/kernel/db/embedded.ts' &&
        !/^[\w.-]+\.config\.ts$/.test(f.path),
    )
    .map(f => `${f.path}: process.env is read in kernel/env only`);
  return [
    ...broken,
    ...env,
    ...cycles(edgesOf(files)),
    ...needsGenerated(production),
    ...tooHeavy(production),
  ];
}

/** What runs on a fresh clone before the database client has been generated. */
const beforeGeneration = [
  'scripts/supervisor/main.ts',
  'scripts/test.ts',
  'scripts/check.ts',
  'scripts/atom.ts',
  'scripts/bench.ts',
];

/** They may load it later, by a dynamic import; reached statically it would end them before their first line. */
const needsGenerated = (files: readonly SourceFile[]): string[] =>
  trailsTo(files, beforeGeneration, to => to.startsWith('server/kernel/db/generated/'))
    .slice(0, 1)
    .map(trail => `${trail}: runs before the database client is generated`);

/** What only some of a page needs comes when it is wanted: every page would carry it otherwise. */
const comesLater = /^(zod|sonner|recharts|d3-geo|@xyflow\/react)$/;

function tooHeavy(files: readonly SourceFile[]): string[] {
  const shown = files
    .filter(file => file.path.startsWith('app/'))
    .flatMap(importsOf)
    .flatMap(i => (!i.typeOnly && i.to.startsWith('components/') ? [i.to] : []));
  return trailsTo(files, [...new Set(shown)], to => comesLater.test(to)).map(
    trail => `${trail}: is loaded before a page shows; import it where it is used, with import()`,
  );
}

/** How files reach what they must not, by imports that are followed before their first line runs. */
function trailsTo(
  files: readonly SourceFile[],
  roots: readonly string[],
  forbidden: (to: string) => boolean,
): string[] {
  const byPath = new Map(files.map(file => [file.path, file]));
  const trails = new Map(roots.map(path => [path, path]));
  const found: string[] = [];
  const queue = roots.flatMap(path => byPath.get(path) ?? []);
  for (const file of queue)
    for (const { to } of importsOf(file).filter(i => !i.typeOnly && !i.dynamic)) {
      const trail = `${trails.get(file.path)} → ${to}`;
      if (forbidden(to)) found.push(trail);
      const next = byPath.get(to);
      if (!next || trails.has(to)) continue;
      trails.set(to, trail);
      queue.push(next);
    }
  return found;
}

/** Which system uses which: committed, so that a new edge is seen in review. */
export function edgesOf(files: readonly SourceFile[]): string[] {
  const edges = files
    .filter(file => !isTest(file.path))
    .flatMap(importsOf)
    .flatMap(i => {
      const [from, to] = [systemOf(i.from), systemOf(i.to)];
      return from && to && from !== to ? [`${from} -> ${to}`] : [];
    });
  return [...new Set(edges)].sort();
}

function cycles(edges: readonly string[]): string[] {
  const next = new Map<string, string[]>();
  for (const edge of edges) {
    const [from = '', to = ''] = edge.split(' -> ');
    next.set(from, [...(next.get(from) ?? []), to]);
  }
  const found: string[] = [];
  const visit = (at: string, trail: string[]) => {
    if (trail.includes(at)) {
      found.push(`systems import each other: ${[...trail.slice(trail.indexOf(at)), at].join(' → ')}`);
      return;
    }
    for (const to of next.get(at) ?? []) visit(to, [...trail, at]);
  };
  for (const from of next.keys()) visit(from, []);
  return found.slice(0, 3);
}

export const snapshotFile = 'server/edges.snapshot.txt';

export function edgeDrift(root: string, files: readonly SourceFile[]): string[] {
  const path = join(root, snapshotFile);
  const kept = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  const now = edgesOf(files);
  return [
    ...now
      .filter(edge => !kept.includes(edge))
      .map(edge => `new edge ${edge}: look at it, then run npm run check -- --write`),
    ...kept
      .filter(edge => !now.includes(edge))
      .map(edge => `edge ${edge} is gone: run npm run check -- --write`),
  ];
}
