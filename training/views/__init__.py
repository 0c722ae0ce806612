"""The desk's pages about training: runs, data sets, decisions, two versions side by side.

For admins: data sets and drafts show customers' words, though with placeholders.
"""
