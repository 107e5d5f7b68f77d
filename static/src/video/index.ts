/** Video over the desktop while large areas of it move. */
export { openVideo, type Video } from "./video";
