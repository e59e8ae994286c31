import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { answers, portFree, requirePort, requirePostgres, requireWritable, servicePorts } from './checks.ts';
import { beganOf, markOf, stillThere, takeLock } from './lock.ts';
import { CannotStart, readable } from './say.ts';
import { wishes } from './signals.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'atom-supervisor-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const refusal = async (act: () => unknown): Promise<string> => {
  try {
    await act();
  } catch (error) {
    expect(error).toBeInstanceOf(CannotStart);
    return (error as Error).message;
  }
  throw new Error('Nothing was refused.');
};

describe('what keeps a console from starting', () => {
  it('is a folder that cannot be written', async () => {
    writeFileSync(join(home, 'file'), '');
    const below = join(home, 'file', 'home');
    expect(await refusal(() => requireWritable(below))).toMatch(`The folder ${below} cannot be written.`);
    expect(() => requireWritable(join(home, 'made', 'here'))).not.toThrow();
  });

  it.runIf(process.platform === 'linux')('is a folder where a file system takes none', async () => {
    expect(await refusal(() => requireWritable('/proc/atom/home'))).toMatch('cannot be written');
  });

  it('is a busy port, with the variable that moves it', async () => {
    const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await refusal(() => requirePort('127.0.0.1', port, 'the web console', 'ATOM_PORT'))).toMatch(
      new RegExp(`Port ${port} for the web console is in use.*ATOM_PORT`),
    );
    await answers('127.0.0.1', port, '/healthz');
    server.close();
    await once(server, 'close');
    expect(await portFree('127.0.0.1', port)).toBe(true);
  });

  it('is a busy service port, of each system that is there', () => {
    expect(servicePorts()).toContainEqual({ port: 8404, title: 'Tenant replicator' });
    expect(servicePorts().every(({ port }) => port > 8400)).toBe(true);
  });

  it('is a database out of reach, without its password in the sentence', async () => {
    const message = await refusal(() => requirePostgres('postgresql://me:s3cret-word@127.0.0.1:1/atom'));
    expect(message).toMatch('POSTGRES_DSN cannot be reached at 127.0.0.1:1');
    expect(message).not.toContain('s3cret-word');
  });

  it.each(['me:s3cret-word@nowhere', 'host=x password=s3cret-word', 'postgresql://me:s3cret-word@h:port/x'])(
    'is a DSN that is none, %s',
    async dsn => {
      const message = await refusal(() => requirePostgres(dsn));
      expect(message).toMatch('POSTGRES_DSN is no address of a Postgres');
      expect(message).not.toContain('s3cret-word');
    },
  );

  it('is a database user who may not make roles', async () => {
    const admin = new pg.Client({ connectionString: inject('adminUrl') });
    await admin.connect();
    await admin.query("create role t_small login password 'small'");
    const url = new URL(inject('adminUrl'));
    url.username = 't_small';
    url.password = 'small';
    expect(await refusal(() => requirePostgres(url.toString()))).toMatch('may not create roles');
    await admin.query('drop role t_small');
    await admin.end();
    await requirePostgres(inject('adminUrl'));
  });
});

describe('one supervisor on a folder', () => {
  it('refuses the second while the first lives, and takes over from a dead one', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(other, 'spawn');
    const path = join(home, 'supervisor.lock');
    writeFileSync(path, JSON.stringify([markOf(other.pid ?? 0)]));
    expect(await refusal(() => takeLock(home))).toMatch(
      `already running on this folder (process ${other.pid})`,
    );
    other.kill('SIGKILL');
    await once(other, 'exit');
    const release = takeLock(home);
    expect(await refusal(() => takeLock(home))).toMatch(`process ${process.pid}`);
    release();
    expect(existsSync(path)).toBe(false);
  });

  it.each(['', '{', '12', '[{"pid":"x"}]'])('takes over a lock that says %j', text => {
    writeFileSync(join(home, 'supervisor.lock'), text);
    const release = takeLock(home);
    expect(JSON.parse(readFileSync(join(home, 'supervisor.lock'), 'utf8'))).toEqual([markOf(process.pid)]);
    release();
  });

  it.runIf(process.platform === 'linux')('does not take a reused number for the same process', () => {
    expect(stillThere(markOf(process.pid))).toBe(true);
    expect(stillThere({ pid: process.pid, began: '1' })).toBe(false);
    expect(stillThere({ pid: 0, began: '' })).toBe(false);
  });

  it('reads when a process began behind a name with brackets, and does not count the dead', () => {
    const fields = Array.from({ length: 40 }, (_, i) => String(i + 4)).join(' ');
    expect(beganOf(`7 (a) b (c) S ${fields}`)).toBe('22');
    expect(beganOf(`7 (node) Z ${fields}`)).toBe('');
  });
});

describe('Ctrl-C', () => {
  it('counts once although it arrives several times, and again when it is pressed again', () => {
    const first = vi.fn();
    const again = vi.fn();
    let now = 0;
    const wish = wishes(first, again, () => now);
    wish();
    now = 40;
    wish();
    expect([first.mock.calls.length, again.mock.calls.length]).toEqual([1, 0]);
    now = 1500;
    wish();
    expect([first.mock.calls.length, again.mock.calls.length]).toEqual([1, 1]);
  });
});

describe('a log line for people', () => {
  it('is short: time, level unless normal, event and what belongs to it', () => {
    const line = {
      level: 'warn',
      time: '2026-01-02T03:04:05.678Z',
      pid: 1,
      event: 'db.lost',
      role: 'atom_app',
    };
    expect(readable(JSON.stringify(line))).toBe('03:04:05 warn db.lost role=atom_app');
    expect(readable(JSON.stringify({ ...line, level: 'info', event: 'call' }))).toBeNull();
  });

  it('leaves other output as it is', () => {
    expect(readable('Ready in 3 ms')).toBe('Ready in 3 ms');
    expect(readable('{not json')).toBe('{not json');
    expect(readable('  ')).toBeNull();
    expect(readable('\u001b[?25h')).toBeNull();
  });
});
