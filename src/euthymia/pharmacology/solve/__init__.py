"""One numerical method per file, all answering the same question: `solve(system, at_h)`."""
