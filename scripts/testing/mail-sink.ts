import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface MailSink {
  url: string;
  /** Raw messages as they arrived. */
  mails: string[];
  /** What the next recipients are answered; `null`: taken. */
  answer: ((address: string) => { code: number; text: string } | null) | null;
  close(): Promise<void>;
}

export const mailUser = { name: 'console', password: 'correct horse' };

/** An independent SMTP server that wants a login, and can greylist and refuse. */
export async function mailSink(): Promise<MailSink> {
  const sink: MailSink = { url: '', mails: [], answer: null, close: async () => {} };
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onAuth: (auth, _session, done) =>
      auth.username === mailUser.name && auth.password === mailUser.password
        ? done(null, { user: auth.username })
        : done(new Error('Invalid username or password')),
    onRcptTo: (address, _session, done) => {
      const said = sink.answer?.(address.address) ?? null;
      if (!said) return done();
      done(Object.assign(new Error(said.text), { responseCode: said.code }));
    },
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        sink.mails.push(Buffer.concat(chunks).toString('utf8'));
        done(null, 'queued');
      });
    },
  });
  server.on('error', () => {}); // a client that hangs up is its own business
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  sink.url = `smtp://${mailUser.name}:${encodeURIComponent(mailUser.password)}@127.0.0.1:${port}`;
  sink.close = () => new Promise<void>(resolve => server.close(() => resolve()));
  return sink;
}

/** Bodies of a message are encoded for the wire; this reads them as a mail client would. */
export function readMail(raw: string): { headers: string; text: string; html: string } {
  const [headers = '', ...rest] = raw.split('\r\n\r\n');
  const boundary = /boundary="?([^"\r\n;]+)/.exec(headers)?.[1] ?? '\u0000';
  const parts = rest.join('\r\n\r\n').split(`--${boundary}`);
  const part = (type: string) => {
    const found = parts.find(one => one.includes(`Content-Type: ${type}`)) ?? '';
    const [head = '', ...body] = found.split('\r\n\r\n');
    const content = body.join('\r\n\r\n');
    if (/base64/i.test(head)) return Buffer.from(content, 'base64').toString('utf8');
    if (!/quoted-printable/i.test(head)) return content;
    const bytes = content
      .replace(/=\r\n/g, '')
      .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Buffer.from(bytes, 'latin1').toString('utf8');
  };
  return { headers, text: part('text/plain'), html: part('text/html') };
}
