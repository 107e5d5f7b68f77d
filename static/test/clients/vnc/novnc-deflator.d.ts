declare module "*/novnc/core/deflator.js" {
  export default class Deflator {
    deflate(data: Uint8Array): Uint8Array;
  }
}
