/** JOSE wants r and s side by side, 32 bytes each; keys sign DER: SEQUENCE of two INTEGERs. */
export function rawSignature(der: Buffer): Buffer {
  const malformed = () => new TypeError('The signature is not DER of two integers.');
  if (der[0] !== 0x30 || der[1] !== der.length - 2) throw malformed();
  const parts: Buffer[] = [];
  let at = 2;
  for (let i = 0; i < 2; i += 1) {
    const length = der[at + 1] ?? 0;
    if (der[at] !== 0x02 || at + 2 + length > der.length) throw malformed();
    const integer = der.subarray(at + 2, at + 2 + length);
    const trimmed = integer[0] === 0 ? integer.subarray(1) : integer;
    if (trimmed.length > 32) throw malformed();
    parts.push(Buffer.alloc(32 - trimmed.length), trimmed);
    at += 2 + length;
  }
  if (at !== der.length) throw malformed();
  return Buffer.concat(parts);
}
