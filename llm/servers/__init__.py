"""Models behind an OpenAI-compatible server: vLLM, llama.cpp, Ollama, or a hosted one.

Public entries: `backend.write` (one draft), `health.check` (a server), `health.try_version` (a few
tokens), `breaker.trouble_of` (what a page says), and for setting up `registering`. Nothing that a
server says or does reaches further than its own draft: `connecting` opens the connection to that
server and no other, `reading` takes its stream apart under limits of time and size, `asking` tries
again what passes, `breaker` leaves a server alone that keeps failing. See docs/servers.md.
"""

from llm.servers.health import ServerHealth, check

__all__ = ["ServerHealth", "check"]
