/** Xpra's packets carry bytes, which its HTML5 client keeps in strings: one character for each byte. */
export function toBytes(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const parts: string[] = [];
  for (let start = 0; start < bytes.length; start += CHUNK) {
    parts.push(String.fromCharCode(...bytes.subarray(start, start + CHUNK)));
  }
  return parts.join("");
}

/** Invalid UTF-8 becomes U+FFFD. */
export function fromBytes(bytes: string | ArrayLike<number>): string {
  return new TextDecoder().decode(typeof bytes === "string" ? arrayOf(bytes) : Uint8Array.from(bytes));
}

export function arrayOf(bytes: string): Uint8Array<ArrayBuffer> {
  const array = new Uint8Array(bytes.length);
  for (let index = 0; index < bytes.length; index += 1) array[index] = bytes.charCodeAt(index);
  return array;
}

/** A function takes some 65,000 arguments at most. */
const CHUNK = 8192;
