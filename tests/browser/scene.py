"""A home and a desktop with some work in them, for the documentation's pictures."""

from __future__ import annotations

import math
import random
from pathlib import Path

from tests.servers import JupyterServer

_PANEL = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="28"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
        <value type="int" value="2"/>
        <value type="int" value="3"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="applicationsmenu"/>
    <property name="plugin-2" type="string" value="tasklist">
      <property name="grouping" type="uint" value="0"/>
    </property>
    <property name="plugin-3" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
  </property>
</channel>
"""

_THUNAR = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="thunar" version="1.0">
  <property name="last-location-bar" type="string" value="ThunarLocationButtons"/>
  <property name="last-window-width" type="int" value="600"/>
  <property name="last-window-height" type="int" value="360"/>
</channel>
"""

# The monitor has Xtigervnc's name.
_BACKGROUND = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-desktop" version="1.0">
  <property name="backdrop" type="empty">
    <property name="screen0" type="empty">
      <property name="monitorVNC-0" type="empty">
        <property name="workspace0" type="empty">
          <property name="color-style" type="int" value="1"/>
          <property name="image-style" type="int" value="0"/>
          <property name="rgba1" type="array">
            <value type="double" value="0.13"/>
            <value type="double" value="0.24"/>
            <value type="double" value="0.36"/>
            <value type="double" value="1"/>
          </property>
          <property name="rgba2" type="array">
            <value type="double" value="0.22"/>
            <value type="double" value="0.45"/>
            <value type="double" value="0.55"/>
            <value type="double" value="1"/>
          </property>
        </property>
      </property>
    </property>
  </property>
  <property name="desktop-icons" type="empty">
    <property name="style" type="int" value="0"/>
  </property>
</channel>
"""

# Programs that start with a desktop, or without one.
_PROGRAMS = """
cd "$HOME/resonance"
/usr/bin/python3 ../.picture.py figures/run-07.svg &
xfce4-terminal --disable-server -T Terminal --geometry=62x13 --hide-scrollbar &
"""
_ON_DESKTOP = f"{_PROGRAMS}exec thunar .\n"
_WITHOUT = f"{_PROGRAMS}wait\n"

_AUTOSTART = """[Desktop Entry]
Type=Application
Name=work
Exec=sh {script}
"""

# A prompt without names of user and machine.
_BASHRC = "PS1='\\$ '\nPROMPT_COMMAND=\n"


def with_work(server: JupyterServer) -> None:
    """Prepare a home with files, a plain desktop, and autostarted programs."""
    home = server.home
    settings = {"xfce4-panel": _PANEL, "thunar": _THUNAR, "xfce4-desktop": _BACKGROUND}
    script = home / ".work.sh"
    files = {
        **{f".config/xfce4/xfconf/xfce-perchannel-xml/{k}.xml": v for k, v in settings.items()},
        ".config/autostart/work.desktop": _AUTOSTART.format(script=script),
        ".work.sh": _ON_DESKTOP,
        ".programs.sh": _WITHOUT,
        ".picture.py": Path(__file__).with_name("gtk_picture.py").read_text(),
        ".bashrc": _BASHRC,
        "resonance/fit.py": _FIT,
        "resonance/notes.md": "# Notes\n",
        "resonance/measured/run-07.csv": _measured(),
        "resonance/figures/run-07.svg": _figure(),
    }
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)


def _curve(frequency: float) -> float:
    return 1 / math.hypot(1 - frequency**2, 0.18 * frequency)


def _points() -> list[tuple[float, float]]:
    chance = random.Random(7)
    steps = [0.2 + 0.05 * step for step in range(33)]
    return [(x, _curve(x) * chance.uniform(0.93, 1.07)) for x in steps]


def _measured() -> str:
    return "frequency,amplitude\n" + "".join(f"{x:.2f},{y:.3f}\n" for x, y in _points())


_FIT = """# Width and height of the resonance in a measured run.
import csv, sys

with open(sys.argv[1]) as file:
    run = [(float(x), float(y)) for x, y in list(csv.reader(file))[1:]]
peak, height = max(run, key=lambda point: point[1])
wide = [x for x, y in run if y > height / 2 ** 0.5]
print(f"{len(run)} points")
print(f"peak      {height:.2f} at {peak:.2f}")
print(f"width     {max(wide) - min(wide):.2f}")
"""


def _figure() -> str:
    """Return the run and the curve through it, as SVG."""

    def at(x: float, y: float) -> str:
        return f"{60 + (x - 0.2) * 212:.1f},{290 - y * 44:.1f}"

    curve = " ".join(at(0.2 + n * 0.01, _curve(0.2 + n * 0.01)) for n in range(161))
    dots = "".join(
        '<circle cx="{}" cy="{}" r="4" fill="#c8553d"/>'.format(*at(x, y).split(","))
        for x, y in _points()
    )
    labels = "".join(
        f'<text x="{60 + (x - 0.2) * 212:.0f}" y="312" text-anchor="middle">{x:.1f}</text>'
        for x in (0.2, 0.6, 1.0, 1.4, 1.8)
    )
    heights = "".join(
        f'<path d="M60 {290 - y * 44}H400" stroke="#dde3ea"/>'
        f'<text x="50" y="{294 - y * 44}" text-anchor="end">{y}</text>'
        for y in range(7)
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="440" height="350"
 font-family="DejaVu Sans" font-size="12" fill="#33404d">
<rect width="440" height="350" fill="#fff"/>
{heights}<polyline points="{curve}" fill="none" stroke="#2f6f9f" stroke-width="2.5"/>{dots}{labels}
<text x="230" y="336" text-anchor="middle">frequency / resonance frequency</text></svg>
"""
