"""As gtk_entry.py, with Qt 5: qt_entry.py TITLE TEXT FILE."""

from __future__ import annotations

import sys
from pathlib import Path

from PyQt5.QtWidgets import QApplication, QLineEdit

title, text, file = sys.argv[1:]
application = QApplication([title])
entry = QLineEdit()
entry.textChanged.connect(lambda text: Path(file).write_text(text))
entry.setText(text)
entry.setWindowTitle(title)
entry.setGeometry(0, 0, 400, 100)
entry.show()
application.exec()
