import assert from "node:assert/strict";
import test from "node:test";
import { webcrypto } from "node:crypto";
import { Decryption } from "../../../../src/clients/xpra/wire/cipher";

// Node 18 has no global `crypto`.
if (!("crypto" in globalThis)) Object.assign(globalThis, { crypto: webcrypto });

const CIPHER = {
  "cipher.iv": "fedcba9876543210",
  "cipher.key_salt": "0123456789abcdef0123456789abcdef",
  "cipher.key_stretch_iterations": 1000,
};
const SECRET = "00112233445566778899aabbccddeeff";

// Made by Python's cryptography: AES-256-CBC, one stream for all packets, each padded to 32 bytes.
const PACKETS = [
  "50020000000000056dd46934acdaae2acaacca4d0840006edeb58339d3996cfa8ae83a9bacba225d",
  "50020000000000205fd001ce2138470745c2895c58b64e7a60ea33746676d8f85dcd718d0c1aedb1e93f4d9cbefde9e03ae21828d3a6611072745e1dfe744dbe8434b32431bc2907",
  "50020000000000334d71f30ec95dba973c5dac6ba13cf0ff44f9584461561206f5282adefaf12529cfdeca0e39017b5cc1375e387f71c4259f1f988bc07bc8a71e3207477a50ae51",
];
const TEXTS = ["first", "x".repeat(32), "a third packet, longer than one block of the cipher"];

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function plain(text: string): string {
  const head = new Uint8Array(8);
  head[0] = "P".charCodeAt(0);
  new DataView(head.buffer).setUint32(4, text.length);
  return Buffer.from(head).toString("latin1") + text;
}

/** Decrypts pieces; resolves with the output once it has `length` bytes. */
function decrypted(pieces: Uint8Array<ArrayBuffer>[], length: number, secret = SECRET): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = "";
    const decryption = new Decryption((passed) => {
      out += Buffer.from(passed).toString("latin1");
      if (out.length >= length) resolve(out);
    }, reject);
    decryption.begin(CIPHER, secret);
    for (const piece of pieces) decryption.push(piece);
  });
}

const expected = TEXTS.map(plain).join("");

test("packets are decrypted, each chained to the one before", async () => {
  assert.equal(await decrypted(PACKETS.map(bytes), expected.length), expected);
});

test("packets are decrypted from pieces of any size", async () => {
  const all = bytes(PACKETS.join(""));
  for (const size of [1, 7, 8, 41, all.length]) {
    const pieces = [];
    for (let start = 0; start < all.length; start += size) pieces.push(all.slice(start, start + size));
    assert.equal(await decrypted(pieces, expected.length), expected);
  }
});

test("unencrypted packets pass unchanged between encrypted ones", async () => {
  const open = Uint8Array.from(plain("hello"), (character) => character.charCodeAt(0));
  const pieces = [open, bytes(PACKETS[0] ?? ""), open, bytes(PACKETS[1] ?? "")];
  const wanted = ["hello", TEXTS[0] ?? "", "hello", TEXTS[1] ?? ""].map(plain).join("");
  assert.equal(await decrypted(pieces, wanted.length), wanted);
});

test("another key gives another result", async () => {
  assert.notEqual(await decrypted(PACKETS.map(bytes), expected.length, "another"), expected);
});

test("an encrypted packet before there is a key is an error", async () => {
  const failure = new Promise((resolve) => {
    new Decryption(() => undefined, resolve).push(bytes(PACKETS[0] ?? ""));
  });
  assert.match(String(await failure), /before there is a key/);
});
