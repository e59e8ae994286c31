import { isTest, type SourceFile } from './files.ts';

const words = [
  'schema',
  'rules',
  'store',
  'service',
  'router',
  'gateway',
  'gateway.real',
  'gateway.simulated',
  'gateway.contract',
  'jobs',
  'events',
  'controls',
  'policy',
  'errors',
  'request',
];
const areas = /^server\/(federation|selfhost|policy|governance|intelligence|platform)\//;
const bannedNames = /(^|\/)(utils?|helpers?|common|misc|v2|index)(\.tsx?$|\/)/;
const limits = { warn: 250, fail: 400, test: 600, page: 40 };

export interface Findings {
  errors: string[];
  warnings: string[];
}

/** The closed vocabulary: what a file is called says what may be in it. */
export function checkVocabulary(files: readonly SourceFile[]): Findings {
  const errors: string[] = [];
  const warnings: string[] = [];
  for (const { path, text } of files) {
    const lines = text.split('\n').length;
    if (bannedNames.test(path)) errors.push(`${path}: the name says nothing; name it by what it does`);
    if (!/^[a-z0-9.[\]()_/@-]+$/.test(path)) errors.push(`${path}: file names are kebab-case`);
    if (areas.test(path)) {
      const [, , slug = '', rest = ''] = path.split('/');
      const word = rest.replace(/\.test\.tsx?$|\.tsx?$/, '');
      if (!rest) errors.push(`${path}: a system is a folder; ${slug} is a file`);
      else if (!words.includes(word) && !(isTest(path) && /^[a-z-]+$/.test(word)))
        errors.push(`${path}: "${word}" is not a word of the vocabulary (${words.join(', ')})`);
    }
    if (path.startsWith('app/') && lines > limits.page + 1)
      errors.push(`${path}: ${lines} lines; a route has at most ${limits.page}`);
    const limit = isTest(path) ? limits.test : limits.fail;
    if (lines > limit) errors.push(`${path}: ${lines} lines, at most ${limit}`);
    else if (!isTest(path) && lines > limits.warn) warnings.push(`${path}: ${lines} lines, aim at 150`);
  }
  const systems = new Set(
    files.flatMap(f => (areas.test(f.path) ? [f.path.split('/').slice(0, 3).join('/')] : [])),
  );
  return { errors: [...errors, ...[...systems].flatMap(system => missingOf(system, files))], warnings };
}

function missingOf(system: string, files: readonly SourceFile[]): string[] {
  const has = (word: string) =>
    files.some(f => f.path === `${system}/${word}.ts` || f.path.startsWith(`${system}/${word}/`));
  return has('router') && !has('policy') ? [`${system}: a router needs its permissions in policy.ts`] : [];
}
