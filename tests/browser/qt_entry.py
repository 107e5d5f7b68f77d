"""Like gtk_entry.py, with Qt 5: qt_entry.py TITLE TEXT FILE."""

from __future__ import annotations

import sys
from pathlib import Path

from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QApplication, QLineEdit

title, text, file = sys.argv[1:]


class Entry(QLineEdit):  # type: ignore[misc]  # PyQt5 has no stubs
    """Notes its clicks."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseReleaseEvent(event)
        with Path(f"{file}.clicks").open("a") as clicks:
            clicks.write("click\n")


application = QApplication([title])
entry = Entry()
entry.textChanged.connect(lambda text: Path(file).write_text(text))
entry.setText(text)
entry.setWindowTitle(title)
entry.setGeometry(0, 0, 400, 100)
entry.show()
application.exec()
