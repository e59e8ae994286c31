import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';

export const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const system = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/chromium-headless-shell',
];

/** Named by the environment, Playwright's own, the system's, or the one from the package registry, in this order. */
export async function chromiumPath(): Promise<string> {
  const named = process.env.PLAYWRIGHT_CHROMIUM_PATH;
  if (named) return named;
  if (existsSync(chromium.executablePath())) return chromium.executablePath();
  const found = system.find(path => existsSync(path));
  if (found) return found;
  // The package unpacks into the temporary folder: one of its own for each run, so that runs do not meet.
  const dir = mkdtempSync(join(tmpdir(), 'atom-chromium-'));
  mkdirSync(dir, { recursive: true });
  process.env.TMPDIR = dir;
  const { default: packaged } = await import('@sparticuz/chromium');
  return packaged.executablePath();
}
