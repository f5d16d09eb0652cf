"""Reports: findings in, text out. One small file per format; nothing here prints."""

from cfncors.report.file_report import FileReport, Placed, Problem, place

__all__ = ["FileReport", "Placed", "Problem", "place"]
