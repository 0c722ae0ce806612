"""How the tagger of `text.privacy.names` is made: `manage.py train_name_tagger`.

`rows` reads labelled sentences, `ticket_lines` makes some of our own, `network` is the model in
torch, `fitting` trains it and writes the file that `text.privacy.names.tagger` reads (numpy only).
"""
