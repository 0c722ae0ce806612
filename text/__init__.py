"""Pure text: Persian forms, sentences, language, personal data. No Django, nothing of ours."""
