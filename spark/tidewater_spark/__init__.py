"""Tidewater's Spark side: the streaming job, table maintenance and queries, each driven by one JSON
document.
"""
