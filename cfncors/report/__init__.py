"""Reports: findings in, text out. One small file per format; nothing here prints."""

from cfncors.report.file_report import FileReport, Placed, place
from cfncors.report.fix_result import Applied, FixResult, Held

__all__ = ["Applied", "FileReport", "FixResult", "Held", "Placed", "place"]
