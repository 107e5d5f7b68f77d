/** Xpra's encryption (AES-CBC, as in Xpra 3 and 4), with WebCrypto. */
import { arrayOf } from "./byte-text";

const BLOCK = 16;
/** Xpra pads to 32 bytes, whatever the cipher. */
const PADDED = 32;
const HEADER = 8;
/** The flag, in the second byte of a packet's header. */
const ENCRYPTED = 2;

type Bytes = Uint8Array<ArrayBuffer>;

/** Parameters in the server's greeting; iv and salt are bytes, one in each character. */
export interface Cipher {
  "cipher.iv": string;
  "cipher.key_salt": string;
  "cipher.key_stretch_iterations": number;
}

/** Decrypts a stream of packets in AES-CBC, which is chained through all packets. */
export class Decryption {
  /** Null until the greeting has come. */
  private key: Promise<CryptoKey> | null = null;
  /** For the next packet: the last block of the one before. */
  private iv: Bytes = new Uint8Array(BLOCK);
  /** Received bytes of a packet that is not complete yet. */
  private pieces: Bytes[] = [];
  /** Number of bytes in `pieces`. */
  private length = 0;
  /** Number of bytes that are needed to go on. */
  private wanted = HEADER;
  /** Packets are decrypted one after the other. */
  private work = Promise.resolve();

  constructor(
    private readonly pass: (bytes: Bytes) => void,
    private readonly fail: (error: unknown) => void,
  ) {}

  begin(cipher: Cipher, secret: string): void {
    this.iv = arrayOf(cipher["cipher.iv"]);
    this.key = derive(secret, arrayOf(cipher["cipher.key_salt"]), cipher["cipher.key_stretch_iterations"]);
  }

  push(bytes: Bytes): void {
    this.work = this.work.then(() => this.take(bytes)).catch(this.fail);
  }

  private async take(bytes: Bytes): Promise<void> {
    this.pieces.push(bytes);
    this.length += bytes.length;
    if (this.length < this.wanted) return;
    const data = joined(this.pieces, this.length);
    let start = 0;
    for (let end = endOfPacket(data, start); end <= data.length; end = endOfPacket(data, start)) {
      await this.packet(data.slice(start, start + HEADER), data.subarray(start + HEADER, end));
      start = end;
    }
    const rest = data.slice(start);
    this.pieces = [rest];
    this.length = rest.length;
    this.wanted = endOfPacket(rest, 0);
  }

  private async packet(head: Bytes, body: Bytes): Promise<void> {
    const flags = head[1] ?? 0;
    const encrypted = (flags & ENCRYPTED) !== 0;
    const plain = encrypted ? (await this.decrypt(body)).subarray(0, sizeOf(head, 0)) : body;
    head[1] = flags & ~ENCRYPTED;
    this.pass(head);
    this.pass(plain);
  }

  private async decrypt(body: Bytes): Promise<Bytes> {
    const key = await this.key;
    if (!key) throw new Error("An encrypted packet came before there is a key.");
    const last = body.slice(-BLOCK);
    // WebCrypto requires its own padding: a block of padding only, chained to the last block.
    const padding = await crypto.subtle.encrypt({ name: "AES-CBC", iv: last }, key, new Uint8Array(0));
    const { iv } = this;
    this.iv = last;
    const whole = joined([body, new Uint8Array(padding)], body.length + BLOCK);
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, key, whole));
  }
}

async function derive(secret: string, salt: Bytes, iterations: number): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", arrayOf(secret), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-1", salt, iterations };
  return crypto.subtle.deriveKey(how, base, { name: "AES-CBC", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** The end of the packet at `start`, padding included; the end of its header, while that is not complete. */
function endOfPacket(data: Bytes, start: number): number {
  if (data.length - start < HEADER) return start + HEADER;
  const size = sizeOf(data, start);
  const encrypted = ((data[start + 1] ?? 0) & ENCRYPTED) !== 0;
  return start + HEADER + size + (encrypted ? PADDED - (size % PADDED) : 0);
}

function sizeOf(data: Bytes, start: number): number {
  return new DataView(data.buffer, data.byteOffset + start).getUint32(4);
}

function joined(pieces: Bytes[], length: number): Bytes {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
