"""What the product costs, beside floors and peers, in one run on one machine.

    python -m benchmarks.parse      reading a message: the reader, a split, hl7apy, python-hl7
    python -m benchmarks.ingest     messages over MLLP to the acknowledged commit, on both databases
    python -m benchmarks.rows       what the rows of messages cost by themselves, on both databases
    python -m benchmarks.soak       memory over a long run: `soak 500000` for half a million messages
    python -m benchmarks.receive    thirty people who scan tubes in the browser's way, on both databases
    python -m benchmarks.copies     fork and snapshot of a laboratory by its size, on both databases
    python -m benchmarks.history    days of a laboratory's past per second of this computer
    python -m benchmarks.startup    from the command to the sign-in page, the first time and later

Each takes --rounds, --seconds, --quick and --json FILE. Contestants run in turn in every round; a table shows the
median of the rounds and the ratio to the floor. Quote ratios: absolute figures belong to one machine on one day.
PostgreSQL is taken from LIS_TEST_DATABASE_URL, else from 127.0.0.1:5432; what it would measure is left out, and said
so, where no server answers. Everything stays on the loopback interface and in temporary folders.
"""
