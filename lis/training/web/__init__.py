"""The bench window: what lies on the bench, and what a person does with it. It talks to the world alone."""
