/** Goes into each archive, for whoever opens it years from now without this console. */
export const evidenceReadme = (origin: string) => `# Evidence from the ledger of ${origin}

Each line of \`entries.jsonl\` is one ledger entry: exactly the canonical bytes (RFC 8785) that were hashed. The same line
of \`proofs.jsonl\` holds its position in the tree and its path. \`checkpoint.txt\` is the signed tree head that all paths
lead to. \`keys.json\` holds the public keys. \`manifest.json\` lists every file with its SHA-256, and
\`manifest.dsse.json\` is the manifest signed by a classical and by an ML-DSA-65 key of the console (DSSE).

An archive about policies holds two files more. Each line of \`policies.jsonl\` is a version that was active: its bytes (base64),
the statement over their SHA-256 with a classical and an ML-DSA-65 signature (DSSE), its epoch, and from when to when. Each
line of \`edge-audit.jsonl\` is a finding of the last audit; the RFC 6962 root over the lines is in the ledger entry
\`edgeaudit.committed\`.

## Verify

    npm run atom -- verify-evidence FILE.zip --key FINGERPRINT

It needs no network and no database. The keys in this archive prove nothing about themselves: give the fingerprint (of a
signing key) or the verifier key (of the ledger) that you got from the console by another way with \`--key\`, once for each.

## By hand

1. SHA-256 of each file equals its line in \`manifest.json\`; \`manifest.json\` equals the payload of the envelope.
2. The envelope's signatures hold over \`DSSEv1 \` type and payload (DSSE pre-authentication encoding).
3. For each line of \`entries.jsonl\`: SHA-256(0x00 ‖ line without its newline) = \`leaf\`.
4. \`leaf\` with \`path\` leads to the root in \`checkpoint.txt\` (RFC 9162, 2.1.3.2; inner nodes are SHA-256(0x01 ‖ left ‖ right)).
5. \`checkpoint.txt\` is a C2SP signed note: its signatures hold over the text up to and with the newline before the blank line.

A line that reads \`{"withheld":true}\` stands for an entry whose bytes hold what looks like a secret; its leaf and its path
still prove that it is in the tree.
`;
