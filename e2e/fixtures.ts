import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, test as base, chromium, expect, type Page } from '@playwright/test';
import { chromiumArgs } from './chromium.ts';

export type Role = 'admin' | 'operator' | 'approver' | 'auditor';

const logins = () =>
  JSON.parse(process.env.ATOM_E2E_LOGINS ?? '{}') as Record<
    Role | 'service',
    { name: string; password: string }
  >;

interface Fixtures {
  /** A signed-in page of its own browser context. */
  as: (role: Role, options?: { width?: number; dark?: boolean; tour?: true }) => Promise<Page>;
}

export const baseUrl = (): string => process.env.ATOM_E2E_URL ?? '';
export const portUrl = (port: number): string =>
  `http://localhost:${port + Number(process.env.ATOM_E2E_OFFSET ?? 0)}`;
export const login = (role: Role | 'service') => logins()[role];

export const test = base.extend<Fixtures, { chromiumBrowser: Awaited<ReturnType<typeof chromium.launch>> }>({
  chromiumBrowser: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
    async ({}, use) => {
      const browser = await chromium.launch({
        executablePath: process.env.PLAYWRIGHT_CHROMIUM_PATH ?? '',
        args: chromiumArgs,
      });
      await use(withLivePages(browser));
      await browser.close();
    },
    { scope: 'worker' },
  ],
  as: async ({ chromiumBrowser }, use) => {
    const contexts: { close(): Promise<void> }[] = [];
    await use(async (role, { width = 1440, dark = false, tour } = {}) => {
      const context = await chromiumBrowser.newContext({
        baseURL: baseUrl(),
        viewport: { width, height: width < 500 ? 844 : 900 },
        colorScheme: dark ? 'dark' : 'light',
      });
      contexts.push(context);
      const page = await context.newPage();
      await signIn(page, role);
      await setTour(page, tour ? 'unseen' : 'done');
      return page;
    });
    for (const context of contexts) await context.close();
  },
});

/** A page that was just loaded shows what the server sent; keys and clicks count once it is alive. */
function withLivePages(browser: Browser): Browser {
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async options => {
    const context = await newContext(options);
    context.on('page', page => {
      const [goto, reload] = [page.goto.bind(page), page.reload.bind(page)];
      const alive = () => page.locator('html[data-alive]').waitFor({ state: 'attached' });
      page.goto = async (...given) => {
        const answer = await goto(...given);
        await alive();
        return answer;
      };
      page.reload = async (...given) => {
        const answer = await reload(...given);
        await alive();
        return answer;
      };
    });
    return context;
  };
  return browser;
}

export async function signIn(page: Page, role: Role): Promise<void> {
  const { name, password } = login(role);
  await page.goto('/sign-in');
  await page.getByLabel(/^name/i).fill(name);
  await page.getByLabel(/^password/i).fill(password);
  await page.getByRole('button', { name: /sign in/i }).click();
  await expect(page).not.toHaveURL(/sign-in/);
}

/**
 * The people are shared by all journeys: one that enrols a second factor takes it away again, at the machine, as whoever
 * runs a console would.
 */
export async function withoutSecondFactor(...roles: Role[]): Promise<void> {
  for (const role of roles)
    await promisify(execFile)(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        'scripts/atom.ts',
        'users',
        'drop-second-factor',
        login(role).name,
      ],
      { env: { ...process.env, ATOM_HOME: process.env.ATOM_E2E_HOME } },
    );
}

/** The tour greets whoever signs in first; only its own journey wants to meet it. */
async function setTour(page: Page, state: 'unseen' | 'done'): Promise<void> {
  const answer = await page.request.post('/api/trpc/preferences.saveTour', {
    headers: { 'x-atom-csrf': '1' },
    data: { state, step: 0 },
  });
  expect(answer.ok()).toBe(true);
  await page.reload();
}

/** By `rules` alone where they are given. */
export async function expectAccessible(page: Page, where = page.url(), rules: string[] = []): Promise<void> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules.length > 0
    ? axe.withRules(rules)
    : axe.withTags(['wcag2a', 'wcag2aa', 'wcag21aa'])
  ).analyze();
  expect(
    violations.map(
      v =>
        `${where}: ${v.id}: ${v.nodes
          .map(n => n.target.join(' '))
          .slice(0, 3)
          .join('; ')}`,
    ),
  ).toEqual([]);
}

export { expect };
