/**
 * The text without characters that cannot be transferred. Half a surrogate pair, which Windows' clipboard may contain,
 * has no UTF-8 encoding (RFC 3629, section 3) and becomes U+FFFD. NUL is removed: VNC servers and many programs stop
 * reading there.
 */
export function portable(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD").replaceAll("\0", "");
}
