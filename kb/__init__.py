"""The knowledge base: sources, articles, chunks, questions, embeddings, retrieval."""
