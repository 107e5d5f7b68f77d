/**
 * The text without what no display server can be told of or that would cost its rest: half a surrogate pair, which
 * Windows' clipboard may hold, has no bytes in UTF-8 (RFC 3629, section 3) and becomes U+FFFD; at NUL a VNC server and
 * many programs stop reading, so there is none.
 */
export function portable(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD").replaceAll("\0", "");
}
