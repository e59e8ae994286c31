import { BlockList, isIP, isIPv6 } from 'node:net';

/** IANA special-purpose registry, IPv4: everything in it that is not a host on the public internet. */
const refused4 = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  refused4.addSubnet(net, prefix, 'ipv4');

/**
 * IPv6 the other way round: only global unicast is public. That leaves out loopback, link-local, unique local, multicast
 * and each form that carries an IPv4 address inside (mapped, compatible, NAT64), which would be a way around the table above.
 */
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
const refused6 = new BlockList();
for (const [net, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  refused6.addSubnet(net, prefix, 'ipv6');

export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !refused4.check(address, 'ipv4');
  return family === 6 && global6.check(address, 'ipv6') && !refused6.check(address, 'ipv6');
}

export interface AllowedHosts {
  /** A name that the operator of this machine listed: whatever it resolves to is meant. */
  name(host: string, port: number): boolean;
  address(address: string): boolean;
}

/** Comma-separated names (`vault.internal`, `prom.internal:9090`), addresses and networks (`10.2.0.0/16`). */
export function parseAllowedHosts(text: string): AllowedHosts {
  const names = new Set<string>();
  const networks = new BlockList();
  for (const entry of text
    .split(',')
    .map(part => part.trim().toLowerCase())
    .filter(Boolean)) {
    const [net = '', prefix] = entry.split('/');
    const address = net.replace(/^\[(.*)\]$/, '$1');
    if (isIP(address) === 0) {
      if (prefix !== undefined || !/^[a-z0-9_.-]+(:\d{1,5})?$/.test(entry))
        throw new Error(`"${entry}" is not a host name, host:port, address or network.`);
      names.add(entry);
      continue;
    }
    const bits = isIPv6(address) ? 128 : 32;
    const length = prefix === undefined ? bits : Number(prefix);
    if (!/^\d{1,3}$/.test(prefix ?? '0') || length > bits)
      throw new Error(`"${entry}" is not a network: its prefix is a number up to ${bits}.`);
    networks.addSubnet(address, length, bits === 128 ? 'ipv6' : 'ipv4');
  }
  return {
    name: (host, port) => names.has(host) || names.has(`${host}:${port}`),
    address: address => networks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'),
  };
}
