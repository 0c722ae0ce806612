"""Models and text: versions, slots, prompts, engines. Knows no tickets and no articles."""
