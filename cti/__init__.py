"""CTI engine for Asterisk."""
