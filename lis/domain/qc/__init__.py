"""Quality control: may results of a test on an analyzer be trusted now?"""
