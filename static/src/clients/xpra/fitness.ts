/** Why Xpra's HTML5 client cannot be used, if it cannot. */
import type { Problem } from "../../api";

/** What the HTML5 client needs, and what it finds. */
export interface Conditions {
  encrypted: boolean;
  /** The browser has WebCrypto here. */
  webCrypto: boolean;
  /** The client brings a cipher of its own. */
  ownCipher: boolean;
}

export function unfitness({ encrypted, webCrypto, ownCipher }: Conditions): Problem | null {
  if (encrypted && !webCrypto && !ownCipher) {
    return {
      reason: "no-encryption",
      message: "Xpra would encrypt this connection, but browsers allow that only to pages opened with https or as localhost.",
      remedy:
        "Open this page with https or as localhost. Or ask your administrator to set the encryption of Xpra to \"off\"; " +
        "everything typed and shown is then as readable on the network as the page itself.",
    };
  }
  return null;
}
