import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Reason } from './reason.ts';

export const deadlineMs = 2000;

interface Talk {
  host: string;
  port: number;
  tls: boolean;
  say: Buffer | null;
  /** A word once the answer so far is enough, null while it is not. */
  understood(answer: Buffer): string | null;
}

const foreign = 'ERROR:speaks another protocol';
const enough = 64 * 1024;

/** Opens a connection, says something, and listens until it understands the answer or the deadline passes. */
function talk({ host, port, tls, say, understood }: Talk): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tls
      ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }) })
      : connect({ host, port });
    const end = (result: string | Error) => {
      clearTimeout(timer);
      socket.destroy();
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    const timer = setTimeout(() => end(new Reason('no answer in time')), deadlineMs);
    let answer = Buffer.alloc(0);
    socket.on('error', end);
    socket.once(tls ? 'secureConnect' : 'connect', () => say && socket.write(say));
    socket.on('data', data => {
      answer = Buffer.concat([answer, data]);
      const word = answer.length > enough ? foreign : understood(answer);
      if (word !== null) end(word);
    });
    socket.once('close', () => end(new Reason('closed without an answer')));
  });
}

/** Arrays of bulk strings: an inline command would break at a password with a space in it. */
const resp = (...words: string[]): string =>
  `*${words.length}\r\n${words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

export function redis(value: string): Promise<string> {
  const url = new URL(value);
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const asked = [...(password ? [resp('AUTH', ...(user ? [user] : []), password)] : []), resp('PING')];
  return talk({
    host: hostOf(url),
    port: Number(url.port || 6379),
    tls: url.protocol === 'rediss:',
    say: Buffer.from(asked.join('')),
    understood: answer => {
      const lines = answer.toString().split('\r\n').slice(0, -1);
      if (lines.some(line => /^-(NOAUTH|WRONGPASS|NOPERM|ERR invalid password)/.test(line)))
        return 'ERROR:login refused';
      if (lines.some(line => !/^\+(OK|PONG)$/.test(line))) return foreign;
      return lines.length >= asked.length ? 'UP' : null;
    },
  });
}

export function smtp(value: string): Promise<string> {
  const url = new URL(value);
  const tls = url.protocol === 'smtps:';
  return talk({
    host: hostOf(url),
    port: Number(url.port || (tls ? 465 : 25)),
    tls,
    say: null,
    understood: answer =>
      answer.length < 3 ? null : answer.toString('latin1').startsWith('220') ? 'UP' : foreign,
  });
}

/** ApiVersions v0, correlation id 7: the first question every Kafka broker answers. */
const kafkaQuestion = Buffer.from('0000000c0012000000000007000461746f6d', 'hex');
kafkaQuestion.writeInt32BE(kafkaQuestion.length - 4, 0);

/** Any of the bootstrap servers is enough to find the others. */
export async function kafka(value: string): Promise<string> {
  const asked = value.split(',').map(server => {
    const trimmed = server.trim();
    const tls = /^(ssl|sasl_ssl):\/\//i.test(trimmed);
    const url = new URL(`tcp://${trimmed.replace(/^\w+:\/\//, '')}`);
    return talk({
      host: hostOf(url),
      port: Number(url.port || 9092),
      tls,
      say: kafkaQuestion,
      understood: answer => (answer.length < 8 ? null : answer.readInt32BE(4) === 7 ? 'UP' : foreign),
    });
  });
  const ended = await Promise.allSettled(asked);
  const words: string[] = ended.flatMap(e => (e.status === 'fulfilled' ? [e.value] : []));
  const word = words.find(w => w === 'UP') ?? words[0];
  if (word !== undefined) return word;
  throw ended.find(e => e.status === 'rejected')?.reason;
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');
