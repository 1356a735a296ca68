"""XLSForm (https://xlsform.org, pyxform's dialect) in and out: how the field authors forms in spreadsheets.

What a workbook says and a checklist cannot is listed as a finding, never dropped silently; a workbook that is
wrong in itself is refused with sheet, row and column of every fault.
"""

from sync_server.checklists.xlsform.cells import Finding
from sync_server.checklists.xlsform.reader import Imported, read_xlsform
from sync_server.checklists.xlsform.writer import Exported, write_xlsform

__all__ = ["Exported", "Finding", "Imported", "read_xlsform", "write_xlsform"]
