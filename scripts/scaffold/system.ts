import type { SystemInfo } from '#server/systems.ts';

export interface Names {
  area: string;
  slug: string;
  key: string;
  title: string;
  /** `edge-routing` → `edge_routing_item`, the table. */
  table: string;
  /** `EdgeRoutingItem`, the model. */
  model: string;
  /** `edgerouting`, the noun of permissions and events. */
  noun: string;
  folder: string;
}

export function refusal(wanted: string, systems: readonly SystemInfo[], exists: boolean): string | null {
  const [area, slug, ...rest] = wanted.split('/');
  if (!area || !slug || rest.length > 0)
    return 'Usage: npm run new:system -- AREA/SLUG, for example federation/replication';
  if (!systems.some(s => s.area === area))
    return `There is no area "${area}". Areas: ${[...new Set(systems.map(s => s.area))].join(', ')}.`;
  if (!systems.some(s => s.area === area && s.slug === slug))
    return `"${wanted}" is not in server/systems.ts. Name it there first: router key, title, port and report belong to it.`;
  if (exists) return `server/${wanted} exists already.`;
  return null;
}

export function namesOf(wanted: string, systems: readonly SystemInfo[]): Names {
  const found = systems.find(s => `${s.area}/${s.slug}` === wanted);
  if (!found) throw new Error(`${wanted} is not in server/systems.ts.`);
  const words = found.slug.split('-');
  return {
    ...found,
    table: `${words.join('_')}_item`,
    model: `${words.map(w => w.charAt(0).toUpperCase() + w.slice(1)).join('')}Item`,
    noun: words.join(''),
    folder: `server/${wanted}`,
  };
}

const importPath = (n: Names) => `./${n.area}/${n.slug}/router.ts`;

export function withRouter(root: string, n: Names): string {
  const name = `${n.key}Router`;
  const last = root.lastIndexOf("/router.ts';\n") + "/router.ts';\n".length;
  const imported = `${root.slice(0, last)}import { ${name} } from '${importPath(n)}';\n${root.slice(last)}`;
  return imported.replace(
    'export const appRouter = router({\n',
    `export const appRouter = router({\n  ${n.key}: ${name},\n`,
  );
}

/**
 * Migrations run in the order of their names, and this one calls what earlier ones made: it comes after the newest also
 * where the clock is behind.
 */
export function migrationStamp(now: Date, existing: readonly string[]): string {
  const clock = Number(now.toISOString().replace(/\D/g, '').slice(0, 14));
  const after = existing.map(name => Number(/^\d{14}/.exec(name)?.[0] ?? 0) + 1);
  return String(Math.max(clock, ...after));
}

export function systemFiles(n: Names, stamp: string): Record<string, string> {
  const at = (word: string) => `${n.folder}/${word}`;
  const accessor = n.model.charAt(0).toLowerCase() + n.model.slice(1);
  return {
    [at('README.md')]:
      `# ${n.title}\n\n- **Table**: \`${n.table}\` (global scope).\n- **Permissions**: \`${n.noun}:read\`, \`${n.noun}:write\`. **Event**: \`${n.noun}.created\`; topic \`${n.key}\`.\n`,
    [at('policy.ts')]:
      `import { definePermissions } from '#kernel/authz/authz.ts';\n\ndefinePermissions({\n  '${n.noun}:read': ['admin', 'operator', 'auditor'],\n  '${n.noun}:write': ['admin', 'operator'],\n});\n`,
    [at('schema.ts')]:
      `import { z } from 'zod';\nimport { listInput, listOutput } from '#kernel/trpc/list.ts';\n\nexport const itemName = z.string().trim().min(1).max(120);\nexport const createInput = z.strictObject({ name: itemName });\nexport const itemRow = z.object({ id: z.uuid(), name: z.string(), createdAt: z.string() });\nexport type ItemRow = z.output<typeof itemRow>;\nexport const listItemsInput = listInput(['name', 'createdAt'], {});\nexport type ListItemsInput = z.output<typeof listItemsInput>;\nexport const listItemsOutput = listOutput(itemRow);\n`,
    [at('events.ts')]:
      `import type { CommitEvent } from '#kernel/ledger/event.ts';\n\nexport const created = (id: string, name: string): CommitEvent => ({\n  type: '${n.noun}.created',\n  target: { kind: '${n.noun}', id },\n  detail: { name },\n  topics: [{ topic: '${n.key}', key: id }],\n});\n`,
    [at('errors.ts')]:
      `import { conflict } from '#kernel/errors/domain-error.ts';\n\nexport const nameTaken = (name: string) => conflict('${n.noun}.name_taken', \`"\${name}" exists already.\`);\n`,
    [at('store.ts')]:
      `import type { ReadDb, Tx } from '#kernel/db/database.ts';\nimport type { ItemRow, ListItemsInput } from './schema.ts';\n\nconst columns = { name: 'name', createdAt: 'created_at' } as const;\n\nexport const selectItems = (db: ReadDb, input: ListItemsInput): Promise<ItemRow[]> =>\n  db.query<ItemRow>({\n    sql: \`select id, name, created_at as "createdAt" from ${n.table} order by \${columns[input.sort]} \${input.dir}, id limit $1 offset $2\`,\n    parameters: [input.limit + 1, input.offset],\n  });\n\n/** False when the name is taken. */\nexport async function insertItem(tx: Tx, row: { id: string; name: string }, now: Date): Promise<boolean> {\n  const { count } = await tx.${accessor}.createMany({ data: [{ ...row, createdAt: now }], skipDuplicates: true });\n  return count === 1;\n}\n`,
    [at('service.ts')]:
      `import { uuidv7 } from '#kernel/ids/ids.ts';\nimport type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';\nimport { paged } from '#kernel/trpc/list.ts';\nimport { nameTaken } from './errors.ts';\nimport { created } from './events.ts';\nimport type { ItemRow, ListItemsInput } from './schema.ts';\nimport { insertItem, selectItems } from './store.ts';\n\nexport const listItems = async (ctx: ReadContext, input: ListItemsInput) => paged(await selectItems(ctx.db, input), input);\n\nexport async function createItem(ctx: CommandContext, name: string): Promise<ItemRow> {\n  const now = ctx.clock.now();\n  const id = uuidv7(now.getTime());\n  await ctx.commit(created(id, name), async tx => {\n    if (!(await insertItem(tx, { id, name }, now))) throw nameTaken(name);\n  });\n  return { id, name, createdAt: now.toISOString() };\n}\n`,
    [at('router.ts')]:
      `import { command, read } from '#kernel/trpc/builders.ts';\nimport { router } from '#kernel/trpc/init.ts';\nimport './policy.ts';\nimport { createInput, itemRow, listItemsInput, listItemsOutput } from './schema.ts';\nimport { createItem, listItems } from './service.ts';\n\nexport const ${n.key}Router = router({\n  list: read({ permission: '${n.noun}:read' })\n    .input(listItemsInput)\n    .output(listItemsOutput)\n    .query(({ ctx, input }) => listItems(ctx, input)),\n  create: command({ permission: '${n.noun}:write', audit: '${n.noun}.created' })\n    .input(createInput)\n    .output(itemRow)\n    .mutation(({ ctx, input }) => createItem(ctx, input.name)),\n});\n`,
    [at('service.test.ts')]:
      `import { afterAll, beforeAll, expect, it } from 'vitest';\nimport { person, type TestBed, testBed } from '#scripts/testing/database.ts';\nimport { createCaller } from '#server/root.ts';\n\nlet bed: TestBed;\nbeforeAll(async () => {\n  bed = await testBed();\n});\nafterAll(() => bed.close());\n\nit('creates, lists, refuses a taken name and a caller without the permission', async () => {\n  const system = createCaller(bed.as(person('operator'))).${n.key};\n  const made = await system.create({ name: 'first' });\n  expect((await system.list({})).rows).toEqual([made]);\n  await expect(system.create({ name: 'first' })).rejects.toMatchObject({ code: 'CONFLICT' });\n  await expect(createCaller(bed.as(person('auditor'))).${n.key}.create({ name: 'x' })).rejects.toMatchObject({ code: 'FORBIDDEN' });\n  expect(await bed.rows('select type from ledger_entry where target = $1', [\`${n.noun}:\${made.id}\`])).toEqual([{ type: '${n.noun}.created' }]);\n});\n`,
    [`prisma/models/${n.slug}.prisma`]: `model ${n.model} {\n  id        String   @id @db.Uuid\n  name      String   @unique\n  createdAt DateTime @map("created_at") @db.Timestamptz(3)\n\n  @@map("${n.table}")\n}\n`,
    [`prisma/migrations/${stamp}_${n.slug.replaceAll('-', '_')}/migration.sql`]: `CREATE TABLE "${n.table}" (\n    "id" UUID NOT NULL,\n    "name" TEXT NOT NULL,\n    "created_at" TIMESTAMPTZ(3) NOT NULL,\n    CONSTRAINT "${n.table}_pkey" PRIMARY KEY ("id")\n);\nCREATE UNIQUE INDEX "${n.table}_name_key" ON "${n.table}"("name");\nSELECT open_global_table('${n.table}');\n`,
  };
}
