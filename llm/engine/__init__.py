"""Writing the candidates: one base in memory, adapters beside it, all drafts in one decode.

`serving` is what the other parts call; it loads torch only when it is called. `engines` holds what
the process has in memory, `local` is the engine itself. The steps of a draft, in their order:
`loading` (the base), `packing` (its layers as the processor reads them best), `versions` (what a
folder adds), `adapters` (the versions beside the base), `routing` (a row to its adapter), `tokens`
(the prompt as ids), `batching` (rows into batches that fit), `reading` (each prompt once), `decode`
(write all rows) with `row_cache` and `attention` (prompts in memory once) and `sampling` (each
token); `generic` does both by transformers' own `generate` for a model that is not known. `rows`
and `progress` say how far each row is, `memory` what it took. `results` are the values that cross
the border.
"""
