"""A laboratory's database: tables, repositories, the journal, the outbox, and the unit of work that joins them."""
