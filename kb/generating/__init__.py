"""Questions with answers for every passage, by a language model: `generate(options)`.

An OpenAI-compatible server is asked once a passage (`server`, `prompting`); each pair that comes
back is held against its passage (`checking`), and what is left becomes a known question that leads
to its article (`storing`). `running` keeps several requests under way, within a budget of tokens;
a run that was stopped or killed goes on where it was.
"""

from kb.generating.running import Options, Report, estimate, generate

__all__ = ["Options", "Report", "estimate", "generate"]
