"""A talk with a model version in the terminal: what `manage.py chat` does.

`templates`: how a conversation becomes a prompt. `talking`: one version's side of it, with its
history. `session`: what is asked, answered by one version or two, and kept. `transcripts`: the file
that is left. `terminal`: the lines that a person types.
"""
