"""Several recipes side by side on the same data: `manage.py compare_methods`.

Public entries: `running.compare` (train and measure each, or take what a former comparison found),
which gives a `table.Table`, and that table's forms: `table.lines_of`, `table.csv_of`,
`chart.chart_of`. Each recipe is trained and measured in a process of its own (`work`), so that its
peak memory is its own; a comparison that was stopped goes on where it was.

Nothing is imported here: that process loads this package before Django is set up.
"""
