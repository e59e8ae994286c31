import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestBed, testBed } from '../testing/database.ts';
import { testSecret } from '../testing/secret.ts';

let bed: TestBed;
const home = mkdtempSync(join(tmpdir(), 'atom-precheck-'));
const registry = createServer((request, response) =>
  response.writeHead(request.url === '/health' ? 200 : 404).end(),
);
beforeAll(async () => {
  bed = await testBed();
  writeFileSync(join(home, 'console.dsn'), bed.adminUrl);
  await new Promise<void>(resolve => registry.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  registry.close();
  await bed.close();
  rmSync(home, { recursive: true });
});

const precheck = (words: string[], more: Record<string, string> = {}) =>
  promisify(execFile)(process.execPath, ['scripts/atom.ts', 'precheck', ...words], {
    env: {
      NODE_ENV: 'test',
      PATH: process.env.PATH,
      ATOM_HOME: home,
      ATOM_REPORTS: join(home, 'reports'),
      ATOM_SERVICE_PORT_OFFSET: '40000',
      ATOM_SECRET: testSecret,
      LOG_LEVEL: 'silent',
      ...more,
    },
  }).then(
    done => ({ code: 0, ...done }),
    error => ({ code: error.code as number, stdout: String(error.stdout), stderr: String(error.stderr) }),
  );

describe('npm run atom -- precheck', () => {
  it('ends with 1 on BLOCK and leaves the block file', async () => {
    const { code, stdout } = await precheck(['G.1']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^G\.1: BLOCK \(simulation\)/);
    expect(existsSync(join(home, 'reports/G.1_precheck_block.txt'))).toBe(true);
  });

  it('ends with 0 once the registry answers, and takes the block file away', async () => {
    const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
    const { code, stdout } = await precheck(['G.1'], { GLOBAL_REGISTRY_URL: url });
    expect(code).toBe(0);
    expect(stdout).toContain('P2 = BLOCKED');
    expect(stdout).toMatch(/POSTGRES_DSN +MISSING \(critical\)/); // the console's own Postgres is not the operator's
    expect(existsSync(join(home, 'reports/G.1_precheck_block.txt'))).toBe(false);
  });

  it('knows its phases', async () => {
    const { code, stderr } = await precheck(['G.2']);
    expect(code).toBe(2);
    expect(stderr).toContain('Known: G.1, G.3, G.5, H.4, I.1.');
  });
});
