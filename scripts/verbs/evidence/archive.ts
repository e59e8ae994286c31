/**
 * Reads the one kind of zip that evidence is: stored files, no comments, no gaps. The archive is written anew from what
 * was read and compared, so that every byte is accounted for: a flipped one anywhere is found and its place named.
 */
export interface ArchiveFile {
  name: string;
  data: Buffer;
}

export class ArchiveRefused extends Error {}

const refuse = (why: string): never => {
  throw new ArchiveRefused(why);
};

const [localSize, descriptorSize, centralSize, endSize] = [30, 16, 46, 22];
const mostFiles = 20;

interface Central {
  name: Buffer;
  time: number;
  crc: number;
  size: number;
  offset: number;
}

export function readArchive(zip: Buffer): ArchiveFile[] {
  const end = zip.length - endSize;
  if (end < 0 || zip.readUInt32LE(end) !== 0x06054b50)
    refuse('It does not end as a zip archive does: it was cut off, or something was added.');
  const count = zip.readUInt16LE(end + 10);
  if (count > mostFiles) refuse(`It says that it holds ${count} files; evidence has at most ${mostFiles}.`);
  const entries: Central[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    if (at + centralSize > end || zip.readUInt32LE(at) !== 0x02014b50)
      refuse(`The archive's structure was changed at byte ${at}.`);
    const nameLength = zip.readUInt16LE(at + 28);
    entries.push({
      name: zip.subarray(at + centralSize, at + centralSize + nameLength),
      time: zip.readUInt32LE(at + 12),
      crc: zip.readUInt32LE(at + 16),
      size: zip.readUInt32LE(at + 24),
      offset: zip.readUInt32LE(at + 42),
    });
    at += centralSize + nameLength;
  }
  const seen = new Set<string>();
  const files = entries.map(({ name: raw, offset, size }) => {
    const name = raw.toString('latin1');
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
      refuse(`It holds a file named ${JSON.stringify(name)}: names that lead elsewhere are refused.`);
    if (seen.has(name)) refuse(`It holds ${name} twice.`);
    seen.add(name);
    const start = offset + localSize + raw.length;
    if (start + size > end) refuse(`The archive's structure was changed: ${name} reaches beyond its end.`);
    return { name, data: zip.subarray(start, start + size) };
  });
  const expected = written(
    entries,
    files.map(f => f.data),
  );
  if (!expected.equals(zip)) {
    const place = expected.findIndex((byte, i) => byte !== zip[i]);
    refuse(
      `The archive's structure was changed at byte ${place < 0 ? expected.length : place}; it is not the file that was downloaded.`,
    );
  }
  return files;
}

/** The archive as the console writes it. Its own sums are taken as they stand: what changed is named by its SHA-256. */
function written(entries: readonly Central[], data: readonly Buffer[]): Buffer {
  const body: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [i, { name, time, crc }] of entries.entries()) {
    const bytes = data[i] ?? Buffer.alloc(0);
    const local = Buffer.alloc(localSize);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(8, 6);
    local.writeUInt32LE(time, 10);
    local.writeUInt16LE(name.length, 26);
    const descriptor = Buffer.alloc(descriptorSize);
    descriptor.writeUInt32LE(0x08074b50, 0);
    descriptor.writeUInt32LE(crc, 4);
    descriptor.writeUInt32LE(bytes.length, 8);
    descriptor.writeUInt32LE(bytes.length, 12);
    const central = Buffer.alloc(centralSize);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(20, 4);
    central.writeUInt16LE(20, 6);
    central.writeUInt16LE(8, 8);
    central.writeUInt32LE(time, 12);
    central.writeUInt32LE(crc, 16);
    central.writeUInt32LE(bytes.length, 20);
    central.writeUInt32LE(bytes.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(offset, 42);
    body.push(local, name, bytes, descriptor);
    directory.push(central, name);
    offset += localSize + name.length + bytes.length + descriptorSize;
  }
  const end = Buffer.alloc(endSize);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(
    directory.reduce((sum, part) => sum + part.length, 0),
    12,
  );
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...body, ...directory, end]);
}
