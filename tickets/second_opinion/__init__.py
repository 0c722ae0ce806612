"""A second opinion on names: a token-classification model that a company names by a folder.

Off by default (`settings.NER_MODEL`). The privacy engine masks every text first; the model may only
add to that. It is never loaded where pages are served:

- `reviewing`: a worker reads what came in, once per message, before search and drafts read it;
- `along`: an import or `scrub` masks with it at once, many texts at a time;
- `opening`: the one model of a process; `folder`: what is checked before transformers sees a byte;
- `model`: windows over a text and what the model says of its tokens (the only part that needs
  torch); `labels`, `entities`, `candidates`: from there to spans of the text. Pure.
"""
