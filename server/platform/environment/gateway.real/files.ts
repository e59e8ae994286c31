import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readYaml, type Yaml } from './yaml.ts';

const cosignBody = z.object({
  kdf: z.object({ name: z.string() }),
  cipher: z.object({ name: z.string() }),
  ciphertext: z.base64(),
});

/** Whether it is an encrypted cosign key; opening it is the signer's business. */
export function cosignKey(path: string): string {
  const pem =
    /-----BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY-----\s([\s\S]+?)\s-----END ENCRYPTED \1 PRIVATE KEY-----/;
  const body = pem.exec(readFileSync(path, 'utf8'))?.[2];
  if (body === undefined) return 'ERROR:not an encrypted cosign key';
  return cosignBody.safeParse(json(Buffer.from(body, 'base64').toString('utf8'))).success
    ? 'OK'
    : 'ERROR:damaged cosign key';
}

export function ansibleInventory(path: string): string {
  const files = statSync(path).isDirectory()
    ? readdirSync(path, { withFileTypes: true })
        .filter(e => e.isFile() && !/^\.|\.(orig|bak|cfg|retry)$|~$/.test(e.name))
        .map(e => join(path, e.name))
    : [path];
  const found = files.map(file => inventory(readFileSync(file, 'utf8'), file));
  return found.find(word => word !== 'OK' && word !== noHosts) ?? (found.includes('OK') ? 'OK' : noHosts);
}

const noHosts = 'ERROR:names no hosts';
const notInventory = 'ERROR:not an Ansible inventory';

function inventory(text: string, path: string): string {
  if (text.includes('\0')) return notInventory;
  if (text.startsWith('#!')) return 'OK'; // a script: what it answers is asked when it is used
  if (/\.(ya?ml|json)$/i.test(path)) {
    const tree = (json(text) as Yaml | undefined) ?? readYaml(text);
    if (tree === undefined || tree === null || typeof tree !== 'object' || Array.isArray(tree))
      return notInventory;
    return 'plugin' in tree || Object.values(tree).some(hasHosts) ? 'OK' : noHosts;
  }
  return ini(text);
}

function hasHosts(group: Yaml): boolean {
  if (group === null || typeof group !== 'object' || Array.isArray(group)) return false;
  const { hosts, children } = group;
  const named = Array.isArray(hosts) ? hosts.length > 0 : Object.keys(hosts ?? {}).length > 0;
  return named || (children != null && Object.values(children).some(hasHosts));
}

function ini(text: string): string {
  let kind = 'hosts';
  let hosts = 0;
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '' || /^[#;]/.test(line)) continue;
    if (line.startsWith('[')) {
      const section = /^\[[^\][\s:]+(?::(vars|children|hosts))?\]\s*([#;].*)?$/.exec(line);
      if (!section) return notInventory;
      kind = section[1] ?? 'hosts';
    } else if (kind === 'vars' ? !line.includes('=') : /^[{<=]/.test(line)) return notInventory;
    else if (kind === 'hosts') hosts += 1;
  }
  return hosts > 0 ? 'OK' : noHosts;
}

export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
