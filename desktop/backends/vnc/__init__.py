"""VNC: TigerVNC and TurboVNC."""
