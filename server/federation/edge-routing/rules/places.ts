import { readAddress } from '../schema/address.ts';

export interface Place {
  lat: number;
  lon: number;
  source: string;
}

/** Where the registries that hand out addresses serve: coarse, and said to be. */
const registries = {
  ripe: { lat: 50, lon: 10, source: 'address block of the European registry' },
  arin: { lat: 39, lon: -98, source: 'address block of the North American registry' },
  apnic: { lat: 25, lon: 115, source: 'address block of the Asia-Pacific registry' },
  lacnic: { lat: -15, lon: -60, source: 'address block of the Latin American registry' },
  afrinic: { lat: 0, lon: 20, source: 'address block of the African registry' },
} as const satisfies Record<string, Place>;

type Registry = keyof typeof registries;

/** IANA's table of /8 blocks, those that were given to one registry whole; legacy blocks belong to nobody's region. */
const blocks4: Record<Registry, readonly number[]> = {
  ripe: [
    2, 5, 31, 37, 46, 62, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 109,
    176, 178, 185, 193, 194, 195, 212, 213, 217,
  ],
  arin: [
    23, 24, 50, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 96, 97, 98, 99, 100, 104, 107, 108,
    173, 174, 184, 199, 204, 205, 206, 207, 208, 209, 216,
  ],
  apnic: [
    1, 14, 27, 36, 39, 42, 49, 58, 59, 60, 61, 101, 103, 106, 110, 111, 112, 113, 114, 115, 116, 117, 118,
    119, 120, 121, 122, 123, 124, 125, 126, 175, 180, 182, 183, 202, 203, 210, 211, 218, 219, 220, 221, 222,
    223,
  ],
  lacnic: [177, 179, 181, 186, 187, 189, 190, 191, 200, 201],
  afrinic: [41, 102, 105, 197],
};
/** IPv6: the registries' own /12 blocks, by their first three digits. */
const blocks6: Record<string, Registry> = {
  '240': 'apnic',
  '260': 'arin',
  '261': 'arin',
  '262': 'arin',
  '263': 'arin',
  '280': 'lacnic',
  '2a0': 'ripe',
  '2a1': 'ripe',
  '2c0': 'afrinic',
};

const octets = new Map<number, Registry>(
  Object.entries(blocks4).flatMap(([name, list]) => list.map(n => [n, name as Registry] as const)),
);

/** Null where the table says nothing: private, legacy and reserved addresses have no place. */
export function placeOf(ip: string): Place | null {
  const read = readAddress(ip);
  if (!read.ok) return null;
  const { address } = read;
  if (address.version === 6) {
    const first = (address.groups[0] ?? 0).toString(16).padStart(4, '0');
    const registry = blocks6[first.slice(0, 3)];
    return registry ? registries[registry] : null;
  }
  const [a = 0, b = 0] = address.octets;
  if (a === 100 && b >= 64 && b < 128) return null;
  const registry = octets.get(a);
  return registry ? registries[registry] : null;
}
