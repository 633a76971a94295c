"""What can go wrong outside the laboratory's software, one class per mechanism."""
