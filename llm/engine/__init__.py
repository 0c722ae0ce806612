"""Writing the candidates: one base in memory, adapters beside it, all drafts in one decode.

`serving` is what the other parts call; it loads torch only when it is called. `engines` holds what
the process has in memory, `local` is the engine itself. The steps of a draft, in their order:
`loading` (the base), `adapters` (the versions beside it), `routing` (a row to its adapter),
`tokens` (the prompt as ids), `prefill` (read it once), `decode` (write all rows), `stepping` (each
token), `progress` (each row); `hooks` keeps the model clean. `results` are the values that cross
the border.
"""
