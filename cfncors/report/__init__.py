"""Reports: findings in, text out. One small file per format; nothing here prints."""

from cfncors.report.file_report import FileReport, Placed, place, told_once
from cfncors.report.fix_result import Applied, Changed, FixResult, Held

__all__ = ["Applied", "Changed", "FileReport", "FixResult", "Held", "Placed", "place", "told_once"]
