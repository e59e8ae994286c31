import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

/** What an authenticator, or somebody between it and the console, may get wrong. */
export interface Twist {
  origin?: string;
  rpId?: string;
  challenge?: string;
  type?: string;
  crossOrigin?: boolean;
  userVerified?: boolean;
  userPresent?: boolean;
  counter?: number;
  userHandle?: string;
  signedBy?: KeyObject;
}

interface Asked {
  challenge: string;
  rpId?: string | undefined;
}

/**
 * An authenticator in software: ES256, no attestation, discoverable. It signs whatever it is told to, so that a test can
 * be the honest one and every kind of dishonest one.
 */
export class SoftAuthenticator {
  readonly origin: string;
  readonly credentialId = randomBytes(32).toString('base64url');
  readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  /** Null: a synced passkey, which counts nothing. */
  counter: number | null;
  userHandle: string | null = null;

  constructor(origin: string, counter: number | null = 0) {
    this.origin = origin;
    this.counter = counter;
  }

  create(
    asked: { challenge: string; rp: { id?: string | undefined }; user: { id: string } },
    twist: Twist = {},
  ) {
    this.userHandle = asked.user.id;
    const id = Buffer.from(this.credentialId, 'base64url');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    const attested = Buffer.concat([Buffer.alloc(16), length, id, this.coseKey()]);
    const authData = this.authenticatorData(asked.rp.id ?? '', twist, 0x40, attested);
    const attestationObject = isoCBOR.encode(
      new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', Uint8Array.from(authData)],
      ]) as never,
    );
    return {
      id: this.credentialId,
      rawId: this.credentialId,
      type: 'public-key' as const,
      response: {
        clientDataJSON: this.clientData('webauthn.create', asked.challenge, twist).toString('base64url'),
        attestationObject: Buffer.from(attestationObject).toString('base64url'),
        transports: ['internal'],
      },
    };
  }

  get(asked: Asked, twist: Twist = {}) {
    if (this.counter !== null) this.counter += 1;
    const authData = this.authenticatorData(asked.rpId ?? '', twist, 0, Buffer.alloc(0));
    const clientData = this.clientData('webauthn.get', asked.challenge, twist);
    const signed = Buffer.concat([authData, createHash('sha256').update(clientData).digest()]);
    return {
      id: this.credentialId,
      rawId: this.credentialId,
      type: 'public-key' as const,
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: sign('sha256', signed, twist.signedBy ?? this.keys.privateKey).toString('base64url'),
        userHandle: twist.userHandle ?? this.userHandle,
      },
    };
  }

  private clientData(type: string, challenge: string, twist: Twist): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: twist.type ?? type,
        challenge: twist.challenge ?? challenge,
        origin: twist.origin ?? this.origin,
        crossOrigin: twist.crossOrigin ?? false,
      }),
    );
  }

  private authenticatorData(rpId: string, twist: Twist, more: number, rest: Buffer): Buffer {
    const synced = this.counter === null ? 0x18 : 0;
    const flags =
      ((twist.userPresent ?? true) ? 0x01 : 0) | ((twist.userVerified ?? true) ? 0x04 : 0) | synced | more;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(twist.counter ?? this.counter ?? 0);
    const rpHash = createHash('sha256')
      .update(twist.rpId ?? rpId)
      .digest();
    return Buffer.concat([rpHash, Buffer.of(flags), counter, rest]);
  }

  private coseKey(): Buffer {
    const jwk = this.keys.publicKey.export({ format: 'jwk' });
    const bytes = (text = '') => Uint8Array.from(Buffer.from(text, 'base64url'));
    const key = new Map<number, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(jwk.x)],
      [-3, bytes(jwk.y)],
    ]);
    return Buffer.from(isoCBOR.encode(key as never));
  }
}
