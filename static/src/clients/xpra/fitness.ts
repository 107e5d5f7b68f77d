/** Whether Xpra's HTML5 client can be used. */
import type { Problem } from "../../api";

/** Needs and features of the HTML5 client. */
export interface Conditions {
  encrypted: boolean;
  /** WebCrypto is available on this page. */
  webCrypto: boolean;
  /** The client has a cipher of its own. */
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
