import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#kernel/http/free-port.ts';

const parts = ['account', 'container', 'object'] as const;
const programs = [...parts.map(part => `swift-${part}-server`), 'swift-proxy-server', 'memcached'];

/** OpenStack Swift as Debian brings it, with its S3 interface: an object store that checks signatures and that is not ours. */
export const swiftMissing = programs.some(program => spawnSync('which', [program]).status !== 0);

export interface Swift {
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  stop(): void;
}

export async function startSwift(): Promise<Swift> {
  const home = mkdtempSync(join(tmpdir(), 'atom-swift-'));
  chmodSync(home, 0o711);
  for (const folder of ['devices/d1', 'cache']) mkdirSync(join(home, folder), { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(home, name), text);
  write(
    'swift.conf',
    '[swift-hash]\nswift_hash_path_suffix = peer\n[storage-policy:0]\nname = default\ndefault = yes\n',
  );
  const cache = await freePort();
  const proxy = await freePort();
  const ports = [proxy];
  for (const part of parts) {
    const port = await freePort();
    ports.push(port);
    for (const words of [['create', '4', '1', '1'], ['add', `r1z1-127.0.0.1:${port}/d1`, '1'], ['rebalance']])
      spawnSync('swift-ring-builder', [`${part}.builder`, ...words], { cwd: home });
    write(
      `${part}.conf`,
      `[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = ${port}\ndevices = ${join(home, 'devices')}\nmount_check = false\nswift_dir = ${home}\nuser = root\nworkers = 0\n[pipeline:main]\npipeline = ${part}-server\n[app:${part}-server]\nuse = egg:swift#${part}\nrecon_cache_path = ${join(home, 'cache')}\n`,
    );
  }
  write(
    'proxy.conf',
    `[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = ${proxy}\nswift_dir = ${home}\nuser = root\nworkers = 0\n[pipeline:main]\npipeline = catch_errors cache s3api tempauth slo proxy-server\n[filter:catch_errors]\nuse = egg:swift#catch_errors\n[filter:cache]\nuse = egg:swift#memcache\nmemcache_servers = 127.0.0.1:${cache}\n[filter:s3api]\nuse = egg:swift#s3api\n[filter:tempauth]\nuse = egg:swift#tempauth\nuser_peer_keeper = wanted .admin\n[filter:slo]\nuse = egg:swift#slo\n[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n`,
  );
  // Its own resolver asks name servers even for addresses, and waits for them where there are none.
  const env = { ...process.env, SWIFT_CONF_DIR: home, EVENTLET_NO_GREENDNS: 'yes' };
  const running: ChildProcess[] = [
    spawn('memcached', ['-u', 'nobody', '-l', '127.0.0.1', '-p', String(cache)], { stdio: 'ignore' }),
    ...[...parts, 'proxy'].map(part =>
      spawn(`swift-${part}-server`, [`${part}.conf`], { cwd: home, env, stdio: 'ignore' }),
    ),
  ];
  const stop = () => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  };
  const endpoint = `http://127.0.0.1:${proxy}`;
  const answers = (port: number) =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
  for (let i = 0; i < 900; i += 1) {
    // All of them: the one in front marks whom it does not reach, and refuses for a while.
    if ((await Promise.all(ports.map(answers))).every(Boolean))
      return { endpoint, credentials: { accessKeyId: 'peer:keeper', secretAccessKey: 'wanted' }, stop };
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  stop();
  throw new Error('The object store did not begin to answer within three minutes.');
}
