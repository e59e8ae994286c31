import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/**
 * What a Postgres server keeps of a password (RFC 5803, SCRAM-SHA-256). Made here, so that the password itself is never in
 * a statement, and so in no log of the server.
 */
export function scramVerifier(password: string, salt: Buffer, iterations = 4096): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const mac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(mac('Client Key')).digest('base64');
  const server = mac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${server}`;
}
