import { z } from 'zod';

export type Address = { version: 4; octets: number[] } | { version: 6; groups: number[] };
type Read = { ok: true; address: Address } | { ok: false; why: string };

const notOne = 'Not an IPv4 or IPv6 address, for example 2.1.2.3.';

/** An address as it is written down, without anything around it: a browser reads it as the server does. */
export function readAddress(text: string): Read {
  const no = (why: string): Read => ({ ok: false, why });
  if (text.includes('%')) return no('Leave the zone (from % on) out: it says something on one machine only.');
  if (/[[\]]/.test(text)) return no('Write an IPv6 address without brackets and without a port.');
  const octets = octetsOf(text);
  if (octets) return { ok: true, address: mapped(octets) };
  if (/^[0-9.]+:[0-9]+$/.test(text)) return no('Write the address without a port.');
  const groups = groupsOf(text);
  if (!groups) return no(notOne);
  return { ok: true, address: unmapped(groups) };
}

const mapped = (octets: number[]): Address => ({ version: 4, octets });

/** `::ffff:203.0.113.5` is how a dual-stack server writes 203.0.113.5. */
function unmapped(groups: number[]): Address {
  const [high = 0, low = 0] = groups.slice(6);
  const isMapped = groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff;
  return isMapped ? mapped([high >> 8, high & 255, low >> 8, low & 255]) : { version: 6, groups };
}

function octetsOf(text: string): number[] | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every(part => /^(?:0|[1-9][0-9]{0,2})$/.test(part))) return null;
  const octets = parts.map(Number);
  return octets.every(octet => octet < 256) ? octets : null;
}

function groupsOf(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half, n) => partsOf(half, n === halves.length - 1));
  if (!head) return null;
  if (halves.length === 1) return head.length === 8 ? head : null;
  if (!tail || head.length + tail.length > 7) return null;
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** Groups between two colons; the last two may be written as an IPv4 address. */
function partsOf(half: string, last: boolean): number[] | null {
  if (half === '') return [];
  const parts = half.split(':');
  const found: number[] = [];
  for (const [n, part] of parts.entries()) {
    const octets = last && n === parts.length - 1 ? octetsOf(part) : null;
    if (octets) {
      const [a = 0, b = 0, c = 0, d = 0] = octets;
      found.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) found.push(Number.parseInt(part, 16));
    else return null;
  }
  return found;
}

export const ipAddress = z
  .string()
  .max(64, notOne)
  .superRefine((text, ctx) => {
    const read = readAddress(text);
    if (!read.ok) ctx.addIssue({ code: 'custom', message: read.why });
  });
