"""Read models: what a page shows, as rows and small dataclasses. They read, decide nothing, and write nothing."""
